using System.Text.Json;
using System.Text.Json.Serialization;

namespace FeatureStore.Cli.Ingest;

/// <summary>What feature-ingest answers to many rows, whether all, some or none went in.</summary>
internal sealed record IngestReply
{
    [JsonPropertyName("applied")]
    public long? Applied { get; init; }

    [JsonPropertyName("superseded")]
    public long Superseded { get; init; }

    [JsonPropertyName("rejected")]
    public long Rejected { get; init; }

    [JsonPropertyName("failed")]
    public long Failed { get; init; }

    [JsonPropertyName("title")]
    public string? Title { get; init; }

    [JsonPropertyName("detail")]
    public string? Detail { get; init; }

    [JsonPropertyName("errors")]
    public IReadOnlyList<RowError>? Errors { get; init; }

    [JsonPropertyName("failed_lines")]
    public IReadOnlyList<IReadOnlyList<int>>? FailedLines { get; init; }

    /// <summary>One rejected row.</summary>
    internal sealed record RowError
    {
        [JsonPropertyName("line")]
        public int? Line { get; init; }

        [JsonPropertyName("detail")]
        public string? Detail { get; init; }
    }

    /// <summary>Reads an answer; null when it counts no rows, and so says nothing of which went in.</summary>
    public static IngestReply? TryRead(ReadOnlySpan<byte> body)
    {
        try
        {
            return JsonSerializer.Deserialize(body, IngestReplyJson.Default.IngestReply) is { Applied: not null } reply ? reply : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>
    /// The lines that failed, as inclusive ranges; null when the reply does not name exactly as many as it counts:
    /// then every line must be sent again, lest one is lost.
    /// </summary>
    public IReadOnlyList<(int From, int To)>? FailedRanges(int lines)
    {
        var ranges = new List<(int From, int To)>();
        var named = 0L;
        foreach (var range in FailedLines ?? [])
        {
            if (range is not [var from, var to] || from <= (ranges.Count == 0 ? 0 : ranges[^1].To) || to < from || to > lines)
            {
                return null;
            }

            ranges.Add((from, to));
            named += to - from + 1;
        }

        return named == Failed ? ranges : null;
    }
}

[JsonSerializable(typeof(IngestReply))]
internal sealed partial class IngestReplyJson : JsonSerializerContext;
