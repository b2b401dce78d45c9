namespace FeatureStore.Cli.Ingest;

/// <summary>How rows are written in a file.</summary>
internal enum InputFormat
{
    /// <summary>Comma-separated values with a header.</summary>
    Csv,

    /// <summary>One JSON object a line.</summary>
    Ndjson,

    /// <summary>One JSON array of objects.</summary>
    JsonArray,
}
