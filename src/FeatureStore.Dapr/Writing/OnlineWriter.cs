using FeatureStore.Model;

namespace FeatureStore.Dapr;

/// <summary>Writes rows to the online store. Rows of one key that wait here are merged into one save.</summary>
/// <remarks>
/// Each key has a lane, and one batch at a time works on a lane, so that this replica never competes with itself for a
/// key and rows of one entity are merged in the order in which they were handed over. While as many batches are under way
/// as allowed, rows gather for the next one: the busier the store, the larger the batches.
/// </remarks>
public sealed class OnlineWriter
{
    /// <summary>The most rows of one key in one batch.</summary>
    private const int MaxLaneRows = 256;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Lane> _lanes = new(StringComparer.Ordinal);
    private readonly Queue<Lane> _ready = new();
    private readonly SidecarOptions _options;
    private readonly WritePath _path;
    private readonly TimeProvider _time;
    private int _underWay;

    public OnlineWriter(WritePath path, SidecarOptions options, TimeProvider time)
    {
        _path = path;
        _options = options;
        _time = time;
    }

    /// <summary>Writes one row. The task ends when the row is stored.</summary>
    /// <param name="row">The row.</param>
    /// <param name="waits">
    /// What happens while the stored row is about to leave the store, for some seconds in which nobody saves over it: whether this
    /// row waits, or fails with a <see cref="RowMustWaitException"/>.
    /// </param>
    /// <exception cref="RowTooLargeException">The row does not fit. Nothing of it was stored.</exception>
    /// <exception cref="RowMustWaitException">The row does not wait, although it would have to. Nothing of it was stored.</exception>
    /// <exception cref="StateStoreException">Whether the row was stored is not known; writing it again is harmless.</exception>
    /// <exception cref="StoredRowFormatException">What is stored under the key cannot be read.</exception>
    public Task<WriteOutcome> WriteAsync(IncomingRow row, bool waits = true)
    {
        var pending = new PendingRow(row, waits);
        var start = false;
        lock (_gate)
        {
            if (!_lanes.TryGetValue(row.StateKey, out var lane))
            {
                _lanes.Add(row.StateKey, lane = new Lane(row.StateKey));
            }

            if (!waits && lane.DeferredUntil is { } until)
            {
                pending.TrySetException(new RowMustWaitException(row.StateKey, until - _time.GetUtcNow()));
                return pending.Task;
            }

            lane.Waiting.Add(pending);
            start = Queue(lane);
        }

        if (start)
        {
            _ = Task.Run(WorkAsync);
        }

        return pending.Task;
    }

    private async Task WorkAsync()
    {
        while (TakeBatch() is { } batch)
        {
            await ProcessAsync(batch);
        }
    }

    private async Task ProcessAsync(List<Lane> batch)
    {
        StateUnavailableException? away = null;
        IReadOnlyList<DeferredLane> deferred = [];
        try
        {
            deferred = await _path.WriteAsync(batch);
        }
        catch (Exception e)
        {
            away = e as StateUnavailableException;
            batch.ForEach(lane => lane.Fail(e));
        }

        lock (_gate)
        {
            foreach (var (lane, delay) in deferred)
            {
                if (lane.Defer(delay, _time.GetUtcNow() + delay))
                {
                    batch.Remove(lane);
                    _ = DeferAsync(lane, delay);
                }
            }

            if (away is not null)
            {
                FailWaiting(away);
            }

            batch.ForEach(Release);
        }
    }

    /// <summary>Hands a lane back after a while; until then no batch works on it and none waits for it.</summary>
    private async Task DeferAsync(Lane lane, TimeSpan delay)
    {
        await Task.Delay(delay, _time);
        bool start;
        lock (_gate)
        {
            lane.Waiting = [.. lane.Taken, .. lane.Waiting];
            lane.Taken = [];
            lane.IsBusy = false;
            lane.DeferredUntil = null;
            start = Queue(lane);
        }

        if (start)
        {
            await Task.Run(WorkAsync);
        }
    }

    private List<Lane>? TakeBatch()
    {
        lock (_gate)
        {
            var batch = new List<Lane>();
            var bytes = 0;
            while (batch.Count < _options.MaxBatchKeys && bytes < _options.MaxMessageBytes / 2 && _ready.TryDequeue(out var lane))
            {
                lane.IsQueued = false;
                lane.IsBusy = true;
                lane.Take(MaxLaneRows);
                foreach (var row in lane.Taken)
                {
                    bytes += row.Row.SizeBytes;
                }

                batch.Add(lane);
            }

            if (batch.Count > 0)
            {
                return batch;
            }

            _underWay--;
            return null;
        }
    }

    /// <summary>Makes a lane ready for a batch.</summary>
    /// <returns>Whether the caller has to start a worker.</returns>
    private bool Queue(Lane lane)
    {
        if (lane.IsQueued || lane.IsBusy)
        {
            return false;
        }

        lane.IsQueued = true;
        _ready.Enqueue(lane);
        if (_underWay >= _options.ConcurrentWrites)
        {
            return false;
        }

        _underWay++;
        return true;
    }

    private void Release(Lane lane)
    {
        lane.IsBusy = false;
        if (lane.Waiting.Count > 0)
        {
            // The worker that releases the lane goes on to take it.
            lane.IsQueued = true;
            _ready.Enqueue(lane);
        }
        else
        {
            _lanes.Remove(lane.Key);
        }
    }

    /// <summary>Whoever waits behind a store that is away would only wait as long again.</summary>
    private void FailWaiting(StateUnavailableException away)
    {
        _ready.Clear();
        foreach (var lane in _lanes.Values.ToArray())
        {
            lane.Waiting.ForEach(row => row.TrySetException(away));
            lane.Waiting = [];
            lane.IsQueued = false;
            if (!lane.IsBusy)
            {
                _lanes.Remove(lane.Key);
            }
        }
    }
}
