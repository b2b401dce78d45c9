using System.Globalization;
using FeatureStore.Harness;

namespace FeatureStore.Faults.Processes;

/// <summary>One instance of a service with its sidecar, and the proxies on the ways between them and to the store.</summary>
internal sealed class Replica : IAsyncDisposable
{
    private Replica(SupervisedProcess sidecar, SupervisedProcess service, List<TcpProxy> proxies, HttpClient client, HttpClient sidecarClient, int sidecarGrpcPort)
    {
        Sidecar = sidecar;
        Service = service;
        Proxies = proxies;
        Client = client;
        SidecarClient = sidecarClient;
        SidecarGrpcPort = sidecarGrpcPort;
    }

    public SupervisedProcess Sidecar { get; }

    public SupervisedProcess Service { get; }

    public IReadOnlyList<TcpProxy> Proxies { get; }

    /// <summary>The service, as its callers reach it.</summary>
    public HttpClient Client { get; }

    /// <summary>The sidecar's HTTP API, as a producer of events reaches it.</summary>
    public HttpClient SidecarClient { get; }

    /// <summary>The sidecar's gRPC API, as a producer of events reaches it.</summary>
    public int SidecarGrpcPort { get; }

    /// <param name="name">What it is called in the report.</param>
    /// <param name="appId">The service's Dapr app id.</param>
    /// <param name="program">The service's program.</param>
    /// <param name="options">How the run is set up.</param>
    /// <param name="components">The folder of component YAML.</param>
    /// <param name="redisPort">Where Redis is, if there is one.</param>
    /// <param name="settings">Settings of the service beyond those that all have.</param>
    public static Replica Start(
        string name, string appId, string program, FaultOptions options, string components, int? redisPort, params (string Name, string Value)[] settings)
    {
        var (app, http, grpc) = (ServicePort.Next(), ServicePort.Next(), ServicePort.Next());
        var toSidecar = new TcpProxy($"{name} to its sidecar", grpc);
        var toApp = new TcpProxy($"{name}'s sidecar to it", app);
        List<TcpProxy> proxies = [toSidecar, toApp];
        var sidecarEnvironment = new Dictionary<string, string?>();
        if (redisPort is { } redis)
        {
            var toRedis = new TcpProxy($"{name}'s sidecar to Redis", redis);
            proxies.Add(toRedis);
            sidecarEnvironment["REDIS_HOST"] = $"127.0.0.1:{Text(toRedis.Port)}";
        }

        string[] flags =
        [
            "--app-id", appId, "--app-port", Text(toApp.Port), "--dapr-http-port", Text(http), "--dapr-grpc-port", Text(grpc),
            "--resources-path", components, "--enable-app-health-check", "--app-health-probe-interval", "1",
            "--app-health-check-path", appId == "feature-api" ? "/health/live" : "/health/ready", "--log-level", "warn",
        ];
        var sidecar = new SupervisedProcess($"sidecar of {name}", () => options.Sidecar is { } daprd
            ? ChildProcess.Start(daprd, [.. flags, "--enable-metrics=false"], sidecarEnvironment)
            : ChildProcess.StartProgram("src/FeatureStore.DevSidecar", flags, sidecarEnvironment));

        var serviceEnvironment = new Dictionary<string, string?>
        {
            ["urls"] = $"http://127.0.0.1:{Text(app)}",
            ["DAPR_GRPC_ENDPOINT"] = $"http://127.0.0.1:{Text(toSidecar.Port)}",
            ["DAPR_HTTP_ENDPOINT"] = $"http://127.0.0.1:{Text(http)}",
            ["Logging__LogLevel__Default"] = "Error",
            // Short, so that what has expired leaves the store within the run.
            ["Lateness__StampMinimum"] = "00:00:06",
        };
        foreach (var (setting, value) in settings)
        {
            serviceEnvironment[setting] = value;
        }

        var service = new SupervisedProcess(name, () => ChildProcess.Start("dotnet", ["exec", program], serviceEnvironment));
        return new Replica(sidecar, service, proxies, Http(app), Http(http), grpc);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        SidecarClient.Dispose();
        await Service.DisposeAsync();
        await Sidecar.DisposeAsync();
        foreach (var proxy in Proxies)
        {
            await proxy.DisposeAsync();
        }
    }

    private static HttpClient Http(int port) => new(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(1), UseProxy = false })
    {
        BaseAddress = new Uri($"http://127.0.0.1:{Text(port)}"),
        // Above what a write waits that meets a row about to expire.
        Timeout = TimeSpan.FromSeconds(10),
    };

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);
}
