using FeatureStore.Faults.Rows;

namespace FeatureStore.Faults.Load;

/// <summary>Publishes rows, now on one channel and now on another: singly, as an array in one event, or as many events at once.</summary>
internal sealed class EventWriter(Histories histories, RowGenerator rows, Random random, IReadOnlyList<EventChannel> channels)
    : Writer(histories, rows, random)
{
    protected override int Size() => Random.Next(3) == 0 ? Random.Next(2, 40) : 1;

    protected override TimeSpan Pause() => TimeSpan.FromMilliseconds(Random.Next(20, 150));

    protected override async Task<List<WrittenRow>> SendAsync(List<WrittenRow> sent)
    {
        var events = sent.Count > 1 && Random.Next(2) == 0 ? [$"[{string.Join(',', sent.Select(row => row.Json))}]"] : sent.ConvertAll(row => row.Json);
        Histories.Counters.PublishRequest();
        if (await channels[Random.Next(channels.Count)].PublishAsync(events) is { } why)
        {
            return Unclear(sent, why);
        }

        sent.ForEach(Histories.Promise);
        return [];
    }
}
