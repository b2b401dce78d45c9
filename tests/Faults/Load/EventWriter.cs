using System.Globalization;
using FeatureStore.Faults.Rows;

namespace FeatureStore.Faults.Load;

/// <summary>Publishes rows through a sidecar: singly, as an array in one event, or as the events of a bulk.</summary>
internal sealed class EventWriter(Histories histories, RowGenerator rows, Random random, IReadOnlyList<HttpClient> sidecars)
    : Writer(histories, rows, random)
{
    protected override int Size() => Random.Next(3) == 0 ? Random.Next(2, 40) : 1;

    protected override TimeSpan Pause() => TimeSpan.FromMilliseconds(Random.Next(20, 150));

    protected override async Task<List<WrittenRow>> SendAsync(List<WrittenRow> sent)
    {
        var (target, body) = sent.Count == 1 ? ("/v1.0/publish/pubsub/feature-updates", sent[0].Json)
            : Random.Next(2) == 0 ? ("/v1.0/publish/pubsub/feature-updates", $"[{string.Join(',', sent.Select(row => row.Json))}]")
            : ("/v1.0/publish/bulk/pubsub/feature-updates", $"[{string.Join(',', sent.Select(Entry))}]");
        Histories.Counters.PublishRequest();
        var (status, _) = await CallAsync(sidecars[Random.Next(sidecars.Count)], HttpMethod.Post, target, body, "application/json");
        if (status is null || (int)status >= 300)
        {
            return Unclear(sent, status);
        }

        sent.ForEach(Histories.Promise);
        return [];
    }

    private static string Entry(WrittenRow row, int i) => string.Create(
        CultureInfo.InvariantCulture, $"{{\"entryId\":\"{i}\",\"contentType\":\"application/json\",\"event\":{row.Json}}}");
}
