using System.Text.Json.Serialization;

namespace FeatureStore.Cli.Ingest;

/// <summary>How far a load came, and what makes a run that goes on equal to one that was never interrupted.</summary>
internal sealed record Checkpoint
{
    /// <summary>What marks a file as a checkpoint, with the version of its form.</summary>
    public const string CurrentFormat = "featurestore ingest checkpoint 1";

    [JsonPropertyName("format")]
    public string? Format { get; init; }

    /// <summary>The options that decide what is sent, and where to.</summary>
    [JsonPropertyName("options")]
    public required IReadOnlyDictionary<string, string> Options { get; init; }

    /// <summary>When the first run began: the stamps of rows without their own count from here.</summary>
    [JsonPropertyName("began")]
    public required string Began { get; init; }

    /// <summary>How far --rebase moves times.</summary>
    [JsonPropertyName("shift_microseconds")]
    public long? ShiftMicroseconds { get; init; }

    /// <summary>The files, in order.</summary>
    [JsonPropertyName("files")]
    public required IReadOnlyList<InputState> Files { get; init; }

    /// <summary>Everything in the files before this one is settled.</summary>
    [JsonPropertyName("file")]
    public int File { get; init; }

    /// <summary>So many rows of it are settled.</summary>
    [JsonPropertyName("row")]
    public long Row { get; init; }

    /// <summary>A file as it was when the load began.</summary>
    internal sealed record InputState
    {
        [JsonPropertyName("name")]
        public required string Name { get; init; }

        [JsonPropertyName("bytes")]
        public long Bytes { get; init; }

        [JsonPropertyName("modified")]
        public required string Modified { get; init; }

        /// <summary>How many rows it has, once it has been read to its end.</summary>
        [JsonPropertyName("rows")]
        public long? Rows { get; init; }
    }
}

[JsonSourceGenerationOptions(WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Checkpoint))]
internal sealed partial class CheckpointJson : JsonSerializerContext;
