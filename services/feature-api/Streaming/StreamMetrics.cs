using System.Diagnostics.Metrics;

namespace FeatureStore.FeatureApi.Streaming;

/// <summary>What is measured of event streams, under the meter <c>FeatureStore.Streams</c>.</summary>
internal sealed class StreamMetrics
{
    private readonly UpDownCounter<long> _open;
    private readonly Counter<long> _ended;
    private readonly Counter<long> _events;

    public StreamMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("FeatureStore.Streams");
        _open = meter.CreateUpDownCounter<long>("featurestore.streams.open", "{stream}", "Event streams that are open.");
        _ended = meter.CreateCounter<long>("featurestore.streams.ended", "{stream}", "Event streams that ended, by reason: caller, slow, registry, shutdown or failed.");
        _events = meter.CreateCounter<long>("featurestore.streams.events", "{event}", "Events that were written, by type.");
    }

    public void Opened() => _open.Add(1);

    public void Ended(string reason)
    {
        _open.Add(-1);
        _ended.Add(1, new KeyValuePair<string, object?>("reason", reason));
    }

    public void Event(string type) => _events.Add(1, new KeyValuePair<string, object?>("type", type));
}
