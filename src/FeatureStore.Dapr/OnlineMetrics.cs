using System.Diagnostics.Metrics;

namespace FeatureStore.Dapr;

/// <summary>What is measured of the online store, under the meter <see cref="MeterName"/>.</summary>
public sealed class OnlineMetrics
{
    public const string MeterName = "FeatureStore.Online";

    private readonly Histogram<int> _readBatch;
    private readonly Histogram<int> _writeBatch;
    private readonly Counter<long> _rows;
    private readonly Counter<long> _repeats;

    public OnlineMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        _readBatch = meter.CreateHistogram<int>("featurestore.online.read.keys", "{key}", "Keys in one bulk read.");
        _writeBatch = meter.CreateHistogram<int>("featurestore.online.write.keys", "{key}", "Keys in one batch of writes.");
        _rows = meter.CreateCounter<long>("featurestore.online.rows", "{row}", "Rows written, by outcome.");
        _repeats = meter.CreateCounter<long>("featurestore.online.save.repeats", "{save}", "Saves that had to be repeated, by reason.");
    }

    internal void ReadBatch(int keys) => _readBatch.Record(keys);

    internal void WriteBatch(int keys) => _writeBatch.Record(keys);

    internal void Rows(long count, string outcome) => _rows.Add(count, new KeyValuePair<string, object?>("outcome", outcome));

    internal void Repeat(SaveResult reason) => _repeats.Add(1, new KeyValuePair<string, object?>("reason", reason == SaveResult.Conflict ? "conflict" : "unclear"));
}
