using System.Globalization;
using FeatureStore.Harness;

namespace FeatureStore.SystemTests.Facts;

/// <summary>A service and a sidecar that a test starts one by one, in the order that it likes.</summary>
internal sealed class LoneProcesses : IAsyncDisposable
{
    private readonly List<ChildProcess> _processes = [];
    private readonly List<HttpClient> _clients = [];
    private readonly int _http = FreePort.Next();
    private readonly int _grpc = FreePort.Next();
    private ChildProcess? _sidecar;

    /// <summary>Where the service listens and the sidecar looks for it.</summary>
    public int AppPort { get; } = FreePort.Next();

    /// <summary>What every process wrote so far.</summary>
    public string Logs => string.Join('\n', _processes.Select(process => process.Output));

    public HttpClient StartSidecar(string components, params (string Name, string Value)[] environment)
    {
        _sidecar = ChildProcess.StartProgram("src/FeatureStore.DevSidecar", [
            "--app-id", "feature-ingest", "--app-port", Text(AppPort), "--dapr-http-port", Text(_http), "--dapr-grpc-port", Text(_grpc),
            "--resources-path", components, "--enable-app-health-check", "--app-health-probe-interval", "1", "--app-health-check-path", "/health/ready",
        ], environment.ToDictionary(variable => variable.Name, variable => (string?)variable.Value));
        _processes.Add(_sidecar);
        return Client(_http);
    }

    /// <summary>Ends the sidecar, so that another can be started in its place.</summary>
    public async Task StopSidecarAsync()
    {
        _sidecar!.Signal("TERM");
        await _sidecar.WaitForExitAsync();
    }

    public HttpClient StartService(string project, int port, params (string Name, string Value)[] environment)
    {
        var variables = environment.ToDictionary(variable => variable.Name, variable => (string?)variable.Value);
        variables["urls"] = $"http://127.0.0.1:{Text(port)}";
        variables["DAPR_HTTP_PORT"] = Text(_http);
        variables["DAPR_GRPC_PORT"] = Text(_grpc);
        _processes.Add(ChildProcess.StartProgram(project, [], variables));
        return Client(port);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
        {
            await process.DisposeAsync();
        }

        _clients.ForEach(client => client.Dispose());
    }

    private HttpClient Client(int port)
    {
        var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = new Uri($"http://127.0.0.1:{Text(port)}") };
        _clients.Add(client);
        return client;
    }

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);
}
