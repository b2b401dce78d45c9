using System.Net;
using System.Text.Json;
using FeatureStore.Faults.Rows;

namespace FeatureStore.Faults.Load;

/// <summary>Writes NDJSON. What the reply does not name as failed is acknowledged.</summary>
internal sealed class BulkWriter(Histories histories, RowGenerator rows, Random random, IReadOnlyList<HttpClient> ingests)
    : Writer(histories, rows, random)
{
    protected override int Size() => Random.Next(10) == 0 ? 400 : Random.Next(5, 80);

    protected override TimeSpan Pause() => TimeSpan.FromMilliseconds(Random.Next(100, 500));

    protected override async Task<List<WrittenRow>> SendAsync(List<WrittenRow> sent)
    {
        Histories.Counters.BulkRequest();
        var (status, body) = await CallAsync(
            ingests[Random.Next(ingests.Count)], HttpMethod.Post, "/features",
            string.Join('\n', sent.Select(row => row.Json)), "application/x-ndjson");
        if (status is null)
        {
            return Unclear(sent, status);
        }

        if (status is not (HttpStatusCode.OK or HttpStatusCode.ServiceUnavailable))
        {
            Histories.Unexpected(sent[0].Entity, $"NDJSON was answered {(int)status}: {body}");
            return [];
        }

        using var reply = JsonDocument.Parse(body);
        if (!reply.RootElement.TryGetProperty("applied", out var applied))
        {
            // A problem of the whole request.
            return Unclear(sent, status);
        }

        var failed = new HashSet<int>();
        if (reply.RootElement.TryGetProperty("failed_lines", out var ranges))
        {
            foreach (var range in ranges.EnumerateArray())
            {
                failed.UnionWith(Enumerable.Range(range[0].GetInt32() - 1, range[1].GetInt32() - range[0].GetInt32() + 1));
            }
        }

        var accounted = applied.GetInt32() + reply.RootElement.GetProperty("superseded").GetInt32() + reply.RootElement.GetProperty("failed").GetInt32();
        if (accounted != sent.Count)
        {
            Histories.Unexpected(sent[0].Entity, $"The reply accounts for {accounted} of {sent.Count} lines: {body}");
        }

        for (var i = 0; i < sent.Count; i++)
        {
            if (!failed.Contains(i))
            {
                Histories.Acknowledge(sent[i]);
            }
        }

        return Unclear([.. sent.Where((_, i) => failed.Contains(i))], status);
    }
}
