using System.Text.Json;

namespace FeatureStore.Client;

/// <summary>What feature-ingest answers to many rows, whether all, some or none of them went in.</summary>
internal sealed record BatchReply(long Applied, long Superseded, long Rejected, long Failed)
{
    public string? Detail { get; private init; }

    /// <summary>The faults by the line that they are about, counted from 0.</summary>
    public IReadOnlyList<IGrouping<int, FeatureStoreFault>> Faults { get; private init; } = [];

    /// <summary>The rows to send again, as inclusive ranges of lines counted from 0.</summary>
    public IReadOnlyList<(int First, int Last)> FailedRanges { get; private init; } = [];

    /// <summary>Reads an answer.</summary>
    /// <param name="body">Its body.</param>
    /// <param name="lines">How many rows were sent.</param>
    /// <returns>Null where it does not account for every row: then all have to be sent again, lest one is lost.</returns>
    public static BatchReply? TryRead(byte[] body, int lines)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            var reply = Read(document.RootElement);
            return reply.Applied + reply.Superseded + reply.Rejected + reply.Failed == lines && reply.NamesWhatFailed(lines) ? reply : null;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    private static BatchReply Read(JsonElement root) => new(
        root.GetProperty("applied").GetInt64(),
        root.GetProperty("superseded").GetInt64(),
        root.GetProperty("rejected").GetInt64(),
        root.GetProperty("failed").GetInt64())
    {
        Detail = root.TryGetProperty("detail", out var detail) ? detail.GetString() : null,
        Faults = [.. Problem.Errors(root).Where(fault => fault.Index is not null).GroupBy(fault => (int)fault.Index!.Value).OrderBy(line => line.Key)],
        FailedRanges = root.TryGetProperty("failed_lines", out var failed)
            ? [.. failed.EnumerateArray().Select(range => (range[0].GetInt32() - 1, range[1].GetInt32() - 1))]
            : [],
    };

    private bool NamesWhatFailed(int lines)
    {
        var (named, next) = (0L, 0);
        foreach (var (first, last) in FailedRanges)
        {
            if (first < next || last < first || last >= lines)
            {
                return false;
            }

            (named, next) = (named + last - first + 1, last + 1);
        }

        // With very many of them neighbours are joined, and rows in between may be named that went in.
        return named == Failed;
    }
}
