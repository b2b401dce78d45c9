namespace FeatureStore.Dapr;

/// <summary>Where the Dapr sidecar is and which of its components the feature store uses.</summary>
public sealed record SidecarOptions
{
    /// <summary>The sidecar's gRPC API: <c>http://host:port</c> or <c>unix:///path/to.socket</c>.</summary>
    public Uri GrpcEndpoint { get; init; } = new("http://127.0.0.1:50001");

    /// <summary>The sidecar's HTTP API: <c>http://host:port</c> or <c>unix:///path/to.socket</c>.</summary>
    public Uri HttpEndpoint { get; init; } = new("http://127.0.0.1:3500");

    /// <summary>The token that the sidecar asks for, if it does.</summary>
    public string? ApiToken { get; init; }

    /// <summary>The name of the state store component.</summary>
    public string StateStore { get; init; } = "statestore";

    /// <summary>The name of the pub/sub component.</summary>
    public string PubSub { get; init; } = "pubsub";

    /// <summary>The name of the pub/sub component that delivers every event to every replica.</summary>
    public string Broadcast { get; init; } = "broadcast";

    /// <summary>The name of the pub/sub component that carries accepted rows to history; without such a component no history is kept.</summary>
    public string History { get; init; } = "history";

    /// <summary>How often the registry is looked at, should an event that it has changed be lost.</summary>
    public TimeSpan RegistryInterval { get; init; } = TimeSpan.FromSeconds(1.5);

    /// <summary>How often a writer of push views says how far it has come, so that the loss of its last event is noticed.</summary>
    public TimeSpan ChangeInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest that one read may take before the store counts as away.</summary>
    public TimeSpan ReadTimeout { get; init; } = TimeSpan.FromSeconds(1.5);

    /// <summary>The longest that one save may take before its result counts as unclear.</summary>
    public TimeSpan SaveTimeout { get; init; } = TimeSpan.FromSeconds(1.5);

    /// <summary>The longest that a batch of writes is tried, conflicts and unclear failures included.</summary>
    public TimeSpan WriteBudget { get; init; } = TimeSpan.FromSeconds(1.8);

    /// <summary>The longest that a publication may take.</summary>
    public TimeSpan PublishTimeout { get; init; } = TimeSpan.FromSeconds(1.5);

    /// <summary>The longest that a call of another service may take. Less than a request may, so that its caller is told.</summary>
    public TimeSpan InvocationTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>The most bytes of one message to the sidecar; the sidecar's own limit is 4 MiB unless told otherwise.</summary>
    public int MaxMessageBytes { get; init; } = 3 * 1024 * 1024;

    /// <summary>Within this time of a row's physical expiry, or later, nobody saves over it. More than <see cref="SaveTimeout"/>.</summary>
    public TimeSpan ExpiryGuard { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The most batches of reads under way at once; further reads gather in the next one.</summary>
    public int ConcurrentReads { get; init; } = 2;

    /// <summary>The most batches of writes under way at once; further rows gather in the next one.</summary>
    public int ConcurrentWrites { get; init; } = 4;

    /// <summary>The most keys in one batch of reads or writes.</summary>
    public int MaxBatchKeys { get; init; } = 100;

    /// <summary>How many keys of one bulk read the sidecar may ask the store for in parallel; 0 is unbounded.</summary>
    public int Parallelism { get; init; }
}
