using FeatureStore.DevSidecar.Sqlite;
using Microsoft.Data.Sqlite;

namespace FeatureStore.DevSidecar.PubSub.Sqlite;

/// <summary>What the file's thread does beside its work: finds out who is gone, and keeps the file small.</summary>
internal sealed class EventKeeping : IDisposable
{
    private const long LargestFreelist = 1000;
    private static readonly TimeSpan GoneInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestSweepInterval = TimeSpan.FromMinutes(1);

    private readonly EventFile _file;
    private readonly EventMaintenance _maintenance;
    private readonly TimeProvider _time;
    private readonly SqliteStatement _freelist;
    private readonly SqliteStatement _vacuum;
    private long _retentionTicks;
    private long _lastGone;
    private long _lastSweep;
    private long? _sweptTo;
    private bool _maybeDone = true;

    public EventKeeping(EventFile file, SqliteConnection connection, EventMaintenance maintenance, TimeProvider time)
    {
        _file = file;
        _maintenance = maintenance;
        _time = time;
        _freelist = new(connection, "PRAGMA freelist_count");
        _vacuum = new(connection, "PRAGMA incremental_vacuum(1000)");
        _lastSweep = time.GetTimestamp();
    }

    private TimeSpan Retention => TimeSpan.FromTicks(Interlocked.Read(ref _retentionTicks));

    private TimeSpan SweepInterval => TimeSpan.FromTicks(
        Math.Clamp(Retention.Ticks / 10, GoneInterval.Ticks, LongestSweepInterval.Ticks));

    public void KeepFor(TimeSpan retention)
    {
        var ticks = retention > TimeSpan.Zero ? retention.Ticks : TimeSpan.MaxValue.Ticks;
        Interlocked.Exchange(ref _retentionTicks, Math.Max(ticks, Interlocked.Read(ref _retentionTicks)));
    }

    /// <summary>Does a little of what is due.</summary>
    public void Tick(bool idle)
    {
        if (_time.GetElapsedTime(_lastGone) >= GoneInterval)
        {
            _lastGone = _time.GetTimestamp();
            ReleaseGone();
            if (idle && (long)_freelist.Value()! > LargestFreelist)
            {
                // It frees a page a row.
                _vacuum.RowsWhile(_ => true);
            }
        }

        if (_time.GetElapsedTime(_lastSweep) >= SweepInterval)
        {
            _lastSweep = _time.GetTimestamp();
            Sweep();
        }

        if (_maybeDone || _maintenance.HasForgotten)
        {
            _maintenance.HasForgotten = false;
            _maybeDone = !_file.TryTransact(_ => _maintenance.DeleteDone(), out var deleted) || deleted == EventMaintenance.Batch;
        }

        if (_sweptTo is { } after && _file.TryTransact(_ => _maintenance.DeleteUnwanted(after, Retention), out var sweptTo))
        {
            _sweptTo = sweptTo;
        }
    }

    /// <summary>Frees what processes hold that are gone, be it those of an earlier run or a killed neighbour.</summary>
    public void ReleaseGone()
    {
        var gone = _maintenance.Processes().FindAll(process => process != _file.Process && ProcessMark.IsGone(_file.Path, process));
        if (gone.Count > 0 && _file.TryTransact(_ => _maintenance.Leave(gone), out _))
        {
            _file.WakeAll();
        }
    }

    public void Dispose()
    {
        _freelist.Dispose();
        _vacuum.Dispose();
    }

    private void Sweep()
    {
        if (Retention < TimeSpan.MaxValue)
        {
            _file.TryTransact(_ => _maintenance.ForgetUnseen(Retention), out bool _);
            _sweptTo ??= 0;
        }

        _maybeDone = true;
    }
}
