using FeatureStore.Model;

namespace FeatureStore.Dapr;

/// <summary>The rows that a batch took from a lane, merged with what is stored under the lane's key.</summary>
internal sealed class LaneWrite(Lane lane)
{
    /// <summary>More than what one feature's own stamps take in a document.</summary>
    private const int MostMarkBytes = 256;

    private readonly List<PendingRow> _merged = [];

    public Lane Lane { get; } = lane;

    /// <summary>What to save.</summary>
    public StateSave Save { get; private set; }

    /// <summary>Whether another writer changed the document since it was last to be saved.</summary>
    public bool IsContended { get; private set; }

    /// <summary>The rows that were merged, in their order.</summary>
    public IReadOnlyList<PendingRow> Merged => _merged;

    /// <summary>Whether there are rows to be acknowledged.</summary>
    public bool IsMerged => _merged.Count > 0;

    /// <summary>Whether the store has refused to save it once.</summary>
    public bool IsRefused { get; set; }

    /// <summary>Merges the rows, in their order, with what is stored. Rows that do not fit are failed.</summary>
    /// <returns>False if no row is left.</returns>
    public bool Merge(StoredRow stored, StateItem item, Timestamp now, Lateness store, bool isFirst)
    {
        // What the view declares, as the row that came last knows it.
        var lateness = store.Of(Lane.Taken[^1].Row.Lateness);
        IsContended = item.ETag != Save.ETag && !item.Data.Span.SequenceEqual(Save.Data.Span);
        _merged.Clear();
        var state = stored.At(now, lateness);
        // What expires turns into marks, which can be longer than the values were.
        long mostBytes = item.Data.Length + (MostMarkBytes * (long)(stored.LiveCount - state.LiveCount));
        var before = Lane.Taken.Count;
        foreach (var pending in Lane.Taken)
        {
            pending.Stamp ??= pending.Row.FixStamp(now, state.NewestEventTimestamp);
            var alone = StoredRow.Of(pending.Row, pending.Stamp.Value, now, lateness);
            var joined = StoredRow.Join(state, alone);
            mostBytes += pending.Row.SizeBytes + (MostMarkBytes * (long)(pending.Row.Features.Length + 2));
            if (mostBytes > StoredRowCodec.MaxDocumentBytes)
            {
                mostBytes = Size(joined, now);
                if (mostBytes > StoredRowCodec.MaxDocumentBytes)
                {
                    pending.TrySetException(isFirst && Size(state, now) <= StoredRowCodec.MaxDocumentBytes
                        ? new RowTooLargeException(Lane.Key)
                        : new StateStoreException($"What came before left no room for this row under '{Lane.Key}'."));
                    mostBytes = StoredRowCodec.MaxDocumentBytes;
                    continue;
                }
            }

            state = joined;
            pending.Applied = state.Holds(alone);
            _merged.Add(pending);
        }

        if (_merged.Count < before)
        {
            // What was refused stays refused, should the others have to be merged again.
            Lane.Taken = [.. _merged];
        }

        if (_merged.Count == 0)
        {
            return false;
        }

        var (keptUntil, ttlSeconds) = PhysicalExpiry.Of(state.End(lateness), now);
        Save = new StateSave(Lane.Key, StoredRowCodec.Encode(state, now, keptUntil), item.ETag, ttlSeconds);
        return true;
    }

    /// <summary>Fails the rows that were merged.</summary>
    public void Fail(Exception e)
    {
        _merged.Clear();
        Lane.Fail(e);
    }

    private static long Size(StoredRow row, Timestamp now) => StoredRowCodec.Encode(row, now, now).Length;

    /// <summary>Acknowledges the rows that were saved.</summary>
    /// <param name="superseded">How many of them had lost to newer ones.</param>
    /// <returns>How many rows they are.</returns>
    public int Acknowledge(out int superseded)
    {
        superseded = 0;
        foreach (var pending in _merged)
        {
            superseded += pending.Applied ? 0 : 1;
            pending.Acknowledge();
        }

        return _merged.Count;
    }
}
