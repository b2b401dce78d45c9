using FeatureStore.Cli.Service;

namespace FeatureStore.Cli.Ingest;

/// <summary>What to ingest, how and where to.</summary>
internal sealed record IngestOptions
{
    public required IReadOnlyList<InputFile> Files { get; init; }

    public required RowMapping Mapping { get; init; }

    public required ServiceEndpoint Service { get; init; }

    /// <summary>How long to wait for a service that is away before giving up.</summary>
    public required TimeSpan Patience { get; init; }
}
