namespace FeatureStore.Harness;

/// <summary>How a <see cref="FeatureStack"/> is run.</summary>
public sealed record StackOptions
{
    /// <summary>The folder of component YAML.</summary>
    public required string Components { get; init; }

    /// <summary>Environment of every process.</summary>
    public IReadOnlyDictionary<string, string?> Environment { get; init; } = new Dictionary<string, string?>();

    /// <summary>How many feature-ingest replicas, each with a sidecar of its own.</summary>
    public int Ingests { get; init; } = 1;

    /// <summary>feature-api keeps its state through feature-ingest's sidecar, for stores that live in a sidecar's process.</summary>
    public bool SharesSidecar { get; init; }

    /// <summary>A folder for the sidecars' Unix sockets, to be used instead of TCP.</summary>
    public string? SocketDirectory { get; init; }

    /// <summary>The API key that the harness shows the services, where they ask for one.</summary>
    public string? ApiKey { get; init; }

    /// <summary>The token that the sidecars ask for.</summary>
    public string? ApiToken { get; init; }

    /// <summary>A folder for feature-history to keep rows in; null to run without it.</summary>
    public string? History { get; init; }
}
