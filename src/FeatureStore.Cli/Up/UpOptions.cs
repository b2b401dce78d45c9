namespace FeatureStore.Cli.Up;

/// <summary>What <c>up</c> runs, and where it listens and keeps its data.</summary>
internal sealed record UpOptions
{
    /// <summary>The folder of the data; it survives restarts.</summary>
    public required string DataFolder { get; init; }

    /// <summary>The folder of the Dapr component files.</summary>
    public required string ComponentsFolder { get; init; }

    public required Port Api { get; init; }

    public required Port Ingest { get; init; }

    public required Port History { get; init; }

    public required Port ApiSidecarHttp { get; init; }

    public required Port ApiSidecarGrpc { get; init; }

    public required Port IngestSidecarHttp { get; init; }

    public required Port IngestSidecarGrpc { get; init; }

    public required Port HistorySidecarHttp { get; init; }

    public required Port HistorySidecarGrpc { get; init; }

    /// <summary>Whether to log more than warnings and errors.</summary>
    public bool Verbose { get; init; }

    public IReadOnlyList<Port> Ports =>
        [Api, Ingest, History, ApiSidecarHttp, ApiSidecarGrpc, IngestSidecarHttp, IngestSidecarGrpc, HistorySidecarHttp, HistorySidecarGrpc];
}
