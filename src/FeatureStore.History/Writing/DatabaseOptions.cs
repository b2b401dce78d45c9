namespace FeatureStore.History;

/// <summary>What reading and rewriting history may take of the machine.</summary>
public sealed record DatabaseOptions
{
    /// <summary>Threads of DuckDB.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>The most memory of DuckDB, as it takes it: <c>512MiB</c>. More than that goes to disk.</summary>
    public string MemoryLimit { get; init; } = "512MiB";
}
