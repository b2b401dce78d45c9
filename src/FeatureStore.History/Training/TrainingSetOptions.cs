namespace FeatureStore.History;

/// <summary>What the making of a training set may take of the machine.</summary>
public sealed record TrainingSetOptions
{
    /// <summary>The most memory, as DuckDB writes it: <c>2GB</c>, <c>512MB</c>; null for four fifths of the machine's. What does not fit goes to disk.</summary>
    public string? MemoryLimit { get; init; }

    /// <summary>The folder for what does not fit into memory; each set has one of its own in it while it is made.</summary>
    public string TemporaryFolder { get; init; } = Path.Combine(Path.GetTempPath(), "featurestore-training");

    /// <summary>How many threads work on a set; null for as many as there are processors.</summary>
    public int? Threads { get; init; }
}
