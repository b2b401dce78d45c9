using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace FeatureStore.Harness;

/// <summary>The services and their sidecars, each a process of its own, as a user runs them.</summary>
public sealed class FeatureStack : IAsyncDisposable
{
    private readonly StackOptions _options;
    private readonly List<ChildProcess> _processes = [];

    private FeatureStack(StackOptions options) => _options = options;

    /// <summary>The feature-api.</summary>
    public HttpClient Api { get; private set; } = null!;

    /// <summary>The first feature-ingest.</summary>
    public HttpClient Ingest => Ingests[0];

    /// <summary>The feature-history, where it runs.</summary>
    public HttpClient History { get; private set; } = null!;

    public ChildProcess HistoryProcess { get; private set; } = null!;

    /// <summary>Every feature-ingest.</summary>
    public List<HttpClient> Ingests { get; } = [];

    /// <summary>The HTTP API of feature-ingest's sidecar, as a producer of events uses it.</summary>
    public HttpClient IngestSidecar { get; private set; } = null!;

    /// <summary>The HTTP API of feature-api's sidecar, as a caller of services uses it.</summary>
    public HttpClient ApiSidecar { get; private set; } = null!;

    public ChildProcess ApiProcess { get; private set; } = null!;

    public ChildProcess ApiSidecarProcess { get; private set; } = null!;

    public ChildProcess IngestSidecarProcess { get; private set; } = null!;

    /// <summary>The token that the sidecars ask for, if they do.</summary>
    public string? ApiToken => _options.ApiToken;

    public Uri IngestSidecarGrpc { get; private set; } = null!;

    /// <summary>What every process wrote so far.</summary>
    public string Logs => string.Join("\n", _processes.Select(process => process.Output));

    public static async Task<FeatureStack> StartAsync(StackOptions options)
    {
        var stack = new FeatureStack(options);
        try
        {
            await stack.StartAsync();
            return stack;
        }
        catch (Exception e)
        {
            var logs = stack.Logs;
            await stack.DisposeAsync();
            throw new InvalidOperationException($"The stack did not start.\n{logs}", e);
        }
    }

    /// <summary>Starts a sidecar that was killed, at the same addresses.</summary>
    public void RestartIngestSidecar() => IngestSidecarProcess = StartSidecar("feature-ingest", _ingest);

    private readonly Ports _api = new();
    private readonly Ports _ingest = new();
    private readonly Ports _history = new();

    /// <summary>Where feature-api speaks HTTP/2.</summary>
    public Uri ApiHttp2 => new($"http://127.0.0.1:{Text(_api.Http2)}");

    private ChildProcess? _historySidecar;

    /// <summary>Starts feature-history, be it again.</summary>
    public void StartHistory() => HistoryProcess = StartService(
        "services/feature-history", _history.App, "feature-history", _history, ("History__Path", _options.HistoryFolder), ("History__UpkeepInterval", "00:00:02"));

    /// <summary>The sidecars of the other feature-ingest replicas.</summary>
    private readonly List<(Ports Ports, ChildProcess Process)> _others = [];

    private async Task StartAsync()
    {
        IngestSidecarProcess = StartSidecar("feature-ingest", _ingest);
        ApiSidecarProcess = StartSidecar("feature-api", _api);
        StartService("services/feature-ingest", _ingest.App, "feature-ingest", _ingest);
        // A store that lives inside a sidecar is shared by sharing the sidecar.
        var (stateAppId, statePorts) = _options.SharesSidecar ? ("feature-ingest", _ingest) : ("feature-api", _api);
        ApiProcess = StartService("services/feature-api", _api.App, stateAppId, statePorts);
        Ingests.Add(ServiceClient(_ingest.App));
        for (var i = 1; i < _options.Ingests; i++)
        {
            var ports = new Ports();
            _others.Add((ports, StartSidecar("feature-ingest", ports)));
            StartService("services/feature-ingest", ports.App, "feature-ingest", ports);
            Ingests.Add(ServiceClient(ports.App));
        }

        if (_options.HistoryFolder is not null)
        {
            _historySidecar = StartSidecar("feature-history", _history);
            StartHistory();
            History = ServiceClient(_history.App);
        }

        Api = ServiceClient(_api.App);
        IngestSidecar = SidecarClient("feature-ingest", _ingest);
        ApiSidecar = SidecarClient("feature-api", _api);
        IngestSidecarGrpc = GrpcEndpoint("feature-ingest", _ingest);
        foreach (var service in Ingests.Append(Api).Concat(History is null ? [] : [History]))
        {
            await Wait.UntilAsync(
                () =>
                {
                    ReviveSidecars();
                    return IsOkAsync(service, "/health/ready");
                },
                $"{service.BaseAddress} to be ready");
        }

        await Wait.UntilAsync(() => IsOkAsync(ApiSidecar, "/v1.0/healthz"), "feature-api's sidecar to be ready");
        // Subscriptions begin some time after the app was found to be there, and a broker in memory keeps nothing until then.
        await Wait.UntilAsync(ArrivesAsync, "events to be delivered");
    }

    private async Task<bool> ArrivesAsync()
    {
        using var row = new StringContent("""{"view":"harness","entity_id":"probe","features":{"f":1}}""", Encoding.UTF8, "application/json");
        using var published = await IngestSidecar.PostAsync("/v1.0/publish/pubsub/feature-updates", row);
        return published.IsSuccessStatusCode && await IsOkAsync(Api, "/features/probe?view=harness");
    }

    public static async Task<bool> IsOkAsync(HttpClient client, string path)
    {
        try
        {
            using var reply = await client.GetAsync(path);
            return reply.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
        {
            await process.DisposeAsync();
        }

        foreach (var client in Ingests.Append(Api).Append(ApiSidecar).Append(IngestSidecar).Append(History))
        {
            client?.Dispose();
        }
    }

    /// <summary>A sidecar ends when a component cannot be reached at its start; whoever runs it starts it again.</summary>
    private void ReviveSidecars()
    {
        if (IngestSidecarProcess.HasExited)
        {
            RestartIngestSidecar();
        }

        if (ApiSidecarProcess.HasExited)
        {
            ApiSidecarProcess = StartSidecar("feature-api", _api);
        }

        if (_historySidecar is { HasExited: true })
        {
            _historySidecar = StartSidecar("feature-history", _history);
        }

        for (var i = 0; i < _others.Count; i++)
        {
            var (ports, process) = _others[i];
            _others[i] = (ports, process.HasExited ? StartSidecar("feature-ingest", ports) : process);
        }
    }

    private ChildProcess StartSidecar(string appId, Ports ports)
    {
        List<string> arguments =
        [
            "--app-id", appId, "--app-port", Text(ports.App), "--dapr-http-port", Text(ports.Http), "--dapr-grpc-port", Text(ports.Grpc),
            "--resources-path", _options.Components, "--enable-app-health-check", "--app-health-probe-interval", "1",
            // A machine that is busy for a while makes no app unhealthy.
            "--app-health-probe-timeout", "900", "--app-health-threshold", "10",
            "--app-health-check-path", appId == "feature-api" ? "/health/live" : "/health/ready",
            "--peer", $"feature-api=http://127.0.0.1:{Text(_api.Http)}", "--peer", $"feature-ingest=http://127.0.0.1:{Text(_ingest.Http)}",
            "--peer", $"feature-history=http://127.0.0.1:{Text(_history.Http)}",
        ];
        if (_options.SocketDirectory is { } sockets)
        {
            arguments.AddRange(["--unix-domain-socket", sockets]);
        }

        var process = ChildProcess.StartProgram("src/FeatureStore.DevSidecar", arguments, Environment());
        _processes.Add(process);
        return process;
    }

    private ChildProcess StartService(string project, int port, string sidecarAppId, Ports ports, params (string Name, string? Value)[] settings)
    {
        var environment = Environment();
        foreach (var (name, value) in settings)
        {
            environment[name] = value;
        }

        environment["urls"] = $"http://127.0.0.1:{Text(port)}";
        environment["http2_urls"] = port == _api.App ? $"http://127.0.0.1:{Text(_api.Http2)}" : null;
        environment["DAPR_GRPC_ENDPOINT"] = GrpcEndpoint(sidecarAppId, ports).ToString();
        environment["DAPR_HTTP_ENDPOINT"] = _options.SocketDirectory is { } sockets
            ? $"unix://{sockets}/dapr-{sidecarAppId}-http.socket"
            : $"http://127.0.0.1:{Text(ports.Http)}";
        var process = ChildProcess.StartProgram(project, [], environment);
        _processes.Add(process);
        return process;
    }

    private Uri GrpcEndpoint(string appId, Ports ports) => _options.SocketDirectory is { } sockets
        ? new Uri($"unix://{sockets}/dapr-{appId}-grpc.socket")
        : new Uri($"http://127.0.0.1:{Text(ports.Grpc)}");

    private Dictionary<string, string?> Environment()
    {
        var environment = new Dictionary<string, string?>(_options.Environment)
        {
            ["DAPR_API_TOKEN"] = _options.ApiToken,
        };
        return environment;
    }

    private HttpClient ServiceClient(int port)
    {
        var client = Client(port);
        if (_options.ApiKey is { } key)
        {
            client.DefaultRequestHeaders.Add("Authorization", $"Bearer {key}");
        }

        return client;
    }

    private static HttpClient Client(int port) => new() { BaseAddress = new Uri($"http://127.0.0.1:{Text(port)}") };

    private HttpClient SidecarClient(string appId, Ports ports)
    {
        var client = _options.SocketDirectory is { } sockets
            ? new HttpClient(new SocketsHttpHandler
            {
                ConnectCallback = async (_, cancellationToken) =>
                {
                    var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint($"{sockets}/dapr-{appId}-http.socket"), cancellationToken);
                    return new NetworkStream(socket, ownsSocket: true);
                },
            })
            { BaseAddress = new Uri("http://localhost") }
            : Client(ports.Http);
        if (_options.ApiToken is { } token)
        {
            client.DefaultRequestHeaders.Add("dapr-api-token", token);
        }

        return client;
    }

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);

    private sealed record Ports
    {
        public int App { get; init; } = FreePort.Next();

        public int Http { get; } = FreePort.Next();

        public int Grpc { get; } = FreePort.Next();

        public int Http2 { get; } = FreePort.Next();
    }
}
