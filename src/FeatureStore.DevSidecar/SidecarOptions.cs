using FeatureStore.DevSidecar.PubSub.InMemory;

namespace FeatureStore.DevSidecar;

/// <summary>What one sidecar serves, where it listens and which app it belongs to. Immutable.</summary>
public sealed record SidecarOptions
{
    /// <summary>The app's id: its name in invocation, the default key prefix and the default consumer group.</summary>
    public required string AppId { get; init; }

    /// <summary>The port the app listens on, on the loopback. Null: the sidecar has no app and delivers nothing.</summary>
    public int? AppPort { get; init; }

    /// <summary>The port of the HTTP API. 0 picks a free one, see <see cref="Sidecar.HttpPort"/>. Default 3500.</summary>
    public int HttpPort { get; init; } = 3500;

    /// <summary>The port of the gRPC API. 0 picks a free one, see <see cref="Sidecar.GrpcPort"/>. Default 50001.</summary>
    public int GrpcPort { get; init; } = 50001;

    /// <summary>
    /// A folder for <c>dapr-{AppId}-grpc.socket</c> and <c>dapr-{AppId}-http.socket</c>, which replace TCP. Default none.
    /// </summary>
    public string? UnixDomainSocketDirectory { get; init; }

    /// <summary>Folders whose *.yaml and *.yml files are loaded, not recursively. Default none.</summary>
    public IReadOnlyList<string> ResourcesPaths { get; init; } = [];

    /// <summary>What relative SQLite paths are resolved against. Default: the current directory.</summary>
    public string? DataDirectory { get; init; }

    /// <summary>Whether the app is probed; while it is unhealthy deliveries pause and invoking it is an error.</summary>
    public bool EnableAppHealthCheck { get; init; }

    /// <summary>The path that is probed. Default <c>/healthz</c>.</summary>
    public string AppHealthCheckPath { get; init; } = "/healthz";

    /// <summary>The time between probes. Default 5 s.</summary>
    public TimeSpan AppHealthProbeInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a probe may take. Default 500 ms.</summary>
    public TimeSpan AppHealthProbeTimeout { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How many probes in a row must fail until the app counts as unhealthy. Default 3.</summary>
    public int AppHealthThreshold { get; init; } = 3;

    /// <summary>What callers must send as <c>dapr-api-token</c>. Null or empty: nothing.</summary>
    public string? ApiToken { get; init; }

    /// <summary>What the sidecar sends to the app as <c>dapr-api-token</c>. Null or empty: nothing.</summary>
    public string? AppApiToken { get; init; }

    /// <summary>
    /// The other apps that can be invoked: app id → base address of the HTTP API of <em>that app's sidecar</em>, which
    /// knows its app's port, health and token. Our own <see cref="ApiToken"/> is sent to it, so sidecars that invoke
    /// each other share one token. Default none.
    /// </summary>
    public IReadOnlyDictionary<string, Uri> Peers { get; init; } = new Dictionary<string, Uri>();

    /// <summary>The largest message, in bytes, in either direction. Default 4 MiB.</summary>
    public long MaxBodySize { get; init; } = 4 * 1024 * 1024;

    /// <summary>
    /// The in-memory brokers that sidecars of one process share, so that they exchange <c>pubsub.in-memory</c> events.
    /// Null: the sidecar has its own.
    /// </summary>
    public InProcessBrokers? Brokers { get; init; }

    /// <summary>How long running deliveries and requests may take to finish once the sidecar stops. Default 5 s.</summary>
    public TimeSpan ShutdownGrace { get; init; } = TimeSpan.FromSeconds(5);
}
