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

    /// <summary>Parquet.</summary>
    Parquet,

    /// <summary>Arrow IPC, the file format (Feather) or the stream format.</summary>
    Arrow,

    /// <summary>One entity id a line; for deleting.</summary>
    Ids,
}

/// <summary>What is common to some formats.</summary>
internal static class InputFormats
{
    /// <summary>Whether its records are JSON values, which may be rows on the wire already.</summary>
    public static bool IsJson(this InputFormat format) => format is InputFormat.Ndjson or InputFormat.JsonArray;
}
