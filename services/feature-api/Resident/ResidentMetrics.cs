using System.Diagnostics.Metrics;

namespace FeatureStore.FeatureApi.Resident;

/// <summary>What is measured of serving from memory, under the meter <c>FeatureStore.Resident</c>.</summary>
internal sealed class ResidentMetrics
{
    private readonly Counter<long> _reads;
    private readonly Counter<long> _changes;
    private readonly Counter<long> _tooLarge;
    private readonly Counter<long> _generations;

    public ResidentMetrics(IMeterFactory meters, RowMemory memory, ChangeCurrency currency)
    {
        var meter = meters.Create("FeatureStore.Resident");
        _reads = meter.CreateCounter<long>("featurestore.resident.reads", "{row}", "Rows of push views that were asked for, by where they were found: memory or store.");
        _changes = meter.CreateCounter<long>("featurestore.resident.changes", "{row}", "Rows that writers told of.");
        _tooLarge = meter.CreateCounter<long>("featurestore.resident.too_large", "{row}", "Rows that are too large to be held in memory.");
        _generations = meter.CreateCounter<long>("featurestore.resident.generations", "{generation}", "How often all rows had to be read anew, by reason.");
        meter.CreateObservableUpDownCounter("featurestore.resident.bytes", () => memory.Bytes, "By", "Bytes that resident rows take, with keys and index.");
        meter.CreateObservableUpDownCounter("featurestore.resident.rows", () => memory.Count, "{row}", "Rows that are resident, absent ones included.");
        meter.CreateObservableCounter("featurestore.resident.evictions", () => memory.Evictions, "{row}", "Rows that were let go of for want of room.");
        meter.CreateObservableGauge(
            "featurestore.resident.staleness", () => currency.Staleness is { } staleness ? [new Measurement<double>(staleness.TotalSeconds)] : Array.Empty<Measurement<double>>(),
            "s", "For how long nothing has proved that changes come in: how much older than the last acknowledged write an answer from memory may be.");
    }

    public void Read(int fromMemory, int fromStore)
    {
        if (fromMemory > 0)
        {
            _reads.Add(fromMemory, new KeyValuePair<string, object?>("source", "memory"));
        }

        if (fromStore > 0)
        {
            _reads.Add(fromStore, new KeyValuePair<string, object?>("source", "store"));
        }
    }

    public void Changed(int rows) => _changes.Add(rows);

    public void TooLarge() => _tooLarge.Add(1);

    public void Generation(string reason) => _generations.Add(1, new KeyValuePair<string, object?>("reason", reason));
}
