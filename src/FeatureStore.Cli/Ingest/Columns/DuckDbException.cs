namespace FeatureStore.Cli.Ingest;

/// <summary>What DuckDB says of a file that it cannot read: the first line of it, the rest is advice on its settings.</summary>
internal sealed class DuckDbException(string message) : Exception(message.Split('\n', 2)[0].Trim());
