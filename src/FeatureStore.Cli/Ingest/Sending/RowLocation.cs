namespace FeatureStore.Cli.Ingest;

/// <summary>Where a row came from.</summary>
/// <param name="File">The name of its file.</param>
/// <param name="Line">Its line, or its number where a file has no lines.</param>
/// <param name="After">The place just behind it.</param>
internal readonly record struct RowLocation(string File, long Line, IngestPosition After)
{
    public override string ToString() => $"{File}:{Line}";
}
