using System.Diagnostics.Metrics;
using FeatureStore.Model;

namespace FeatureStore.FeatureHistory.Ingest;

/// <summary>How far history is behind what is accepted.</summary>
internal sealed class HistoryMetrics
{
    private readonly Counter<long> _rows;
    private readonly Counter<long> _unreadable;
    private readonly Histogram<double> _delay;
    private readonly TimeProvider _time;
    private long _waitingSince = long.MaxValue;

    public HistoryMetrics(IMeterFactory meters, TimeProvider time)
    {
        _time = time;
        var meter = meters.Create("FeatureStore.History");
        _rows = meter.CreateCounter<long>("featurestore.history.rows", "{row}", "Rows written.");
        _unreadable = meter.CreateCounter<long>("featurestore.history.unreadable", "{event}", "Events that could not be read and were put aside.");
        _delay = meter.CreateHistogram<double>("featurestore.history.delay", "s", "From the acceptance of the oldest row of a delivery until it is on disk.");
        meter.CreateObservableGauge(
            "featurestore.history.lag", Lag, "s", "How long ago the oldest row was accepted that was delivered and could not be written yet; 0 where there is none.");
    }

    public void Unreadable() => _unreadable.Add(1);

    public void Written(IReadOnlyList<AcceptedRow> rows, Timestamp now)
    {
        Volatile.Write(ref _waitingSince, long.MaxValue);
        _rows.Add(rows.Count);
        if (rows.Count > 0)
        {
            _delay.Record((now.Microseconds - rows.Min(row => row.AcceptedAt.Microseconds)) / 1e6);
        }
    }

    public void Failed(IReadOnlyList<AcceptedRow> rows)
    {
        if (rows.Count > 0)
        {
            Volatile.Write(ref _waitingSince, Math.Min(Volatile.Read(ref _waitingSince), rows.Min(row => row.AcceptedAt.Microseconds)));
        }
    }

    private double Lag() => Volatile.Read(ref _waitingSince) is var since && since == long.MaxValue
        ? 0
        : Math.Max(0, (Timestamp.From(_time.GetUtcNow()).Microseconds - since) / 1e6);
}
