namespace FeatureStore.Cli.Ingest;

/// <summary>Where a row came from.</summary>
internal readonly record struct RowLocation(string File, long Line)
{
    public override string ToString() => $"{File}:{Line}";
}
