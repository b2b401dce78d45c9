using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;

namespace FeatureStore.DevSidecar.Tests.Harness;

/// <summary>A sidecar that is a process of its own, and can be killed.</summary>
internal sealed partial class SidecarExecutable : IAsyncDisposable
{
    private readonly Process _process;
    private readonly HttpClient _http;
    private readonly DirectoryInfo _resources;

    private SidecarExecutable(Process process, int port, DirectoryInfo resources)
    {
        _process = process;
        _http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = Eventually.Bound };
        _resources = resources;
    }

    public int Id => _process.Id;

    public static async Task<SidecarExecutable> StartAsync(string appId, TestApp? app, string component, params (string Name, string Value)[] variables)
    {
        var resources = Directory.CreateTempSubdirectory("devsidecar-");
        await File.WriteAllTextAsync(Path.Combine(resources.FullName, "component.yaml"), component);

        // A process that outgrows a file size limit is to get an error, not the signal that ends it.
        List<string> arguments =
        [
            "-c", "trap '' XFSZ; exec \"$@\"", "sh", "dotnet", Path.Combine(AppContext.BaseDirectory, "FeatureStore.DevSidecar.dll"), "--app-id", appId,
            "--dapr-http-port", "0", "--dapr-grpc-port", "0", "--resources-path", resources.FullName,
        ];
        if (app is not null)
        {
            arguments.AddRange(["--app-port", $"{app.Port}"]);
        }

        var start = new ProcessStartInfo("sh", arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }

        var process = Process.Start(start)!;
        var ready = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        var subscribed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var output = new StringBuilder();
        process.ErrorDataReceived += (_, line) => output.AppendLine(line.Data);
        process.OutputDataReceived += (_, line) =>
        {
            output.AppendLine(line.Data);
            if (Port().Match(line.Data ?? "") is { Success: true } match)
            {
                ready.TrySetResult(int.Parse(match.Groups[1].Value));
            }

            if (line.Data?.Contains("The app is subscribed", StringComparison.Ordinal) is true)
            {
                subscribed.TrySetResult();
            }
        };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            var sidecar = new SidecarExecutable(process, await ready.Task.WaitAsync(Eventually.Bound), resources);
            if (app is not null)
            {
                await subscribed.Task.WaitAsync(Eventually.Bound);
            }

            return sidecar;
        }
        catch (TimeoutException exception)
        {
            process.Kill();
            throw new InvalidOperationException($"The sidecar did not start: {output}", exception);
        }
    }

    /// <summary>Publishes; false when it is not acknowledged.</summary>
    public async Task<bool> PublishAsync(string topic, string json)
    {
        try
        {
            return (await PostAsync($"/v1.0/publish/ps/{topic}", json)).Status == 204;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    public async Task<(int Status, string Body)> PostAsync(string path, string json)
    {
        using var reply = await _http.PostAsync(path, new StringContent(json, Encoding.UTF8, "application/json"), CancellationToken.None);
        return ((int)reply.StatusCode, await reply.Content.ReadAsStringAsync(CancellationToken.None));
    }

    /// <summary>A bound for the size of its files stands in for a disk that is full.</summary>
    /// <param name="bounds">The bounds as prlimit takes them, soft and hard.</param>
    public void LimitFileSize(string bounds)
    {
        try
        {
            using var limit = Process.Start("prlimit", ["--pid", $"{Id}", $"--fsize={bounds}"]);
            limit.WaitForExit();
            Assert.Equal(0, limit.ExitCode);
        }
        catch (Win32Exception exception)
        {
            Assert.Skip($"prlimit is not installed: {exception.Message}");
        }
    }

    /// <summary>SIGKILL: nothing of it gets to tidy up.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await KillAsync();
        }

        _process.Dispose();
        _http.Dispose();
        _resources.Delete(recursive: true);
    }

    [GeneratedRegex(@"HTTP on port (\d+)")]
    private static partial Regex Port();
}
