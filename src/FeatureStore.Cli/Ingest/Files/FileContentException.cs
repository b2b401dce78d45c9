namespace FeatureStore.Cli.Ingest;

/// <summary>A file cannot be read further; what came before it has been dealt with.</summary>
internal sealed class FileContentException(string file, long line, string reason)
    : Exception($"{file}:{line}: {reason}")
{
    /// <summary>The line at which reading ended.</summary>
    public long Line { get; } = line;
}
