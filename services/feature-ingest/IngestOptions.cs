using FeatureStore.Model;

namespace FeatureStore.FeatureIngest;

/// <summary>The limits of what is taken in, from section <c>Ingest</c>.</summary>
public sealed record IngestOptions
{
    /// <summary>How far ahead of this service's clock an event or created timestamp may be.</summary>
    public TimeSpan MaxAhead { get; init; } = IncomingRow.DefaultMaxAhead;

    /// <summary>The most bytes of one row: the body of a single write, or a line.</summary>
    public int MaxRowBytes { get; init; } = 2 * 1024 * 1024;

    /// <summary>The most bytes of a body that is a JSON array. NDJSON has no limit.</summary>
    public int MaxArrayBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>The most rows of one bulk request that are under way to the store at once.</summary>
    public int WindowRows { get; init; } = 2000;

    /// <summary>The most bytes of rows of one bulk request that are under way to the store at once.</summary>
    public int WindowBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>
    /// How long the store may refuse a row of an event, while it takes others, before the event is dead-lettered and not delivered
    /// again. Longer than a failover of a part of the store takes.
    /// </summary>
    public TimeSpan RefusedFor { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How many rejected rows a reply names.</summary>
    public int MaxErrors { get; init; } = 100;

    /// <summary>How many ranges of failed rows a reply names; beyond that, neighbours are joined.</summary>
    public int MaxFailedRanges { get; init; } = 1000;

    internal RowContext Context(TimeProvider time, AppliedRegistry applied) =>
        new(Latest: Timestamp.From(time.GetUtcNow() + MaxAhead)) { Registry = applied.Registry, Retired = applied.Retired };
}
