using System.Net;
using FeatureStore.Faults.Rows;

namespace FeatureStore.Faults.Load;

/// <summary>Writes one row a request, by PATCH, PUT or DELETE, now at one replica and now at another.</summary>
internal sealed class SingleWriter(Histories histories, RowGenerator rows, Random random, IReadOnlyList<HttpClient> ingests)
    : Writer(histories, rows, random)
{
    protected override int Size() => 1;

    protected override TimeSpan Pause() => TimeSpan.FromMilliseconds(Random.Next(2, 20));

    protected override async Task<List<WrittenRow>> SendAsync(List<WrittenRow> sent)
    {
        var row = sent[0];
        var method = row.Kind switch
        {
            RowKind.Merge => HttpMethod.Patch,
            RowKind.Replace => HttpMethod.Put,
            _ => HttpMethod.Delete,
        };
        Histories.Counters.SingleRequest();
        var (status, body) = await CallAsync(
            ingests[Random.Next(ingests.Count)], method, row.Target, row.Kind == RowKind.Delete ? null : row.FeaturesJson, "application/json");
        switch (status)
        {
            case HttpStatusCode.OK:
                Histories.Acknowledge(row, RowStamp.Read(body));
                return [];
            case null or HttpStatusCode.ServiceUnavailable:
                return Unclear(sent, status);
            default:
                Histories.Unexpected(row.Entity, $"{method} was answered {(int)status}: {body}\n{row}");
                return [];
        }
    }
}
