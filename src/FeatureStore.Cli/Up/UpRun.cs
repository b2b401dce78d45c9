namespace FeatureStore.Cli.Up;

/// <summary>Runs the store until it is told to stop.</summary>
internal sealed class UpRun(UpOptions options, CliConsole console)
{
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    public async Task<int> RunAsync(CancellationToken stop)
    {
        if (Port.Busy(options.Ports) is { Count: > 0 } busy)
        {
            throw new CommandFailedException(string.Join('\n', busy));
        }

        try
        {
            Directory.CreateDirectory(options.DataFolder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--data: the folder {options.DataFolder} cannot be made: {e.Message}");
        }

        await using var stack = new LocalStack(options, console.Variable("APP_API_TOKEN"));
        try
        {
            await stack.StartAsync(stop);
            await WaitUntilReadyAsync(stop);
            Announce();
            await stack.WaitForEndAsync(stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Stopped while it was starting: what has started is stopped below.
        }
        catch (CommandFailedException)
        {
            await stack.StopAsync();
            throw;
        }

        var asked = stop.IsCancellationRequested;
        console.Error.WriteLine(asked
            ? "Stopping: the services finish what they have, then the sidecars end."
            : "A service or sidecar was told to end; stopping the rest.");
        await stack.StopAsync();
        console.Error.WriteLine($"Stopped. The data stays in {options.DataFolder}.");
        return asked ? ExitCode.Success : ExitCode.Failure;
    }

    /// <summary>What is printed works when it is pasted, so it is printed once the services are ready.</summary>
    private async Task WaitUntilReadyAsync(CancellationToken stop)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        var started = console.Time.GetTimestamp();
        foreach (var service in (Port[])[options.Api, options.Ingest, options.History])
        {
            while (await FaultAsync(http, service, stop) is { } fault)
            {
                if (console.Time.GetElapsedTime(started) > ReadyWithin)
                {
                    console.Error.WriteLine(TerminalText.VisibleLine($"{service.Purpose} is not ready yet: {fault}"));
                    break;
                }

                await Task.Delay(Look, console.Time, stop);
            }
        }
    }

    private static async Task<string?> FaultAsync(HttpClient http, Port service, CancellationToken stop)
    {
        try
        {
            using var response = await http.GetAsync(new Uri(service.Address, "/health/ready"), stop);
            return response.IsSuccessStatusCode ? null : await response.Content.ReadAsStringAsync(stop);
        }
        catch (Exception e) when (e is HttpRequestException or IOException || (e is TaskCanceledException && !stop.IsCancellationRequested))
        {
            return e.Message;
        }
    }

    private void Announce()
    {
        var api = $"http://localhost:{options.Api.Number}";
        var ingest = $"http://localhost:{options.Ingest.Number}";
        var history = $"http://localhost:{options.History.Number}";
        console.Out.WriteLine($$"""
            The feature store runs. Ctrl-C stops it.

              feature-api     {{api}}   reads
              feature-ingest  {{ingest}}   writes
              feature-history {{history}}   keeps every row
              sidecars        http://localhost:{{options.ApiSidecarHttp.Number}} (gRPC {{options.ApiSidecarGrpc.Number}}) of feature-api
                              http://localhost:{{options.IngestSidecarHttp.Number}} (gRPC {{options.IngestSidecarGrpc.Number}}) of feature-ingest
                              http://localhost:{{options.HistorySidecarHttp.Number}} (gRPC {{options.HistorySidecarGrpc.Number}}) of feature-history
              components      {{options.ComponentsFolder}}
              data            {{options.DataFolder}}

            Write:  curl -X PATCH {{ingest}}/features/123 -H 'Content-Type: application/json' -d '{"user_age":"42","country":"TR"}'
            Read:   curl {{api}}/features/123

            The sidecars are the embedded ones, for development. In production run daprd beside each service.
            """);
        console.Out.Flush();
    }
}
