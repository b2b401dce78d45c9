using FeatureStore.Model;

namespace FeatureStore.Dapr;

/// <summary>The rows that a batch took from a lane, merged with what is stored under the lane's key.</summary>
internal sealed class LaneWrite(Lane lane)
{
    private readonly List<PendingRow> _merged = [];

    public Lane Lane { get; } = lane;

    /// <summary>What to save.</summary>
    public StateSave Save { get; private set; }

    /// <summary>Whether another writer changed the document since it was last to be saved.</summary>
    public bool IsContended { get; private set; }

    /// <summary>Merges the rows, in their order, with what is stored. Rows that do not fit are failed.</summary>
    /// <returns>False if no row is left.</returns>
    public bool Merge(StoredRow stored, StateItem item, Timestamp now, Lateness lateness, bool isFirst)
    {
        IsContended = item.ETag != Save.ETag && !item.Data.Span.SequenceEqual(Save.Data.Span);
        _merged.Clear();
        var state = stored.At(now, lateness);
        long mostBytes = item.Data.Length;
        var refused = 0;
        foreach (var pending in Lane.Taken)
        {
            pending.Stamp ??= pending.Row.FixStamp(now, state.NewestEventTimestamp);
            var alone = StoredRow.Of(pending.Row, pending.Stamp.Value, now, lateness);
            var joined = StoredRow.Join(state, alone);
            mostBytes += pending.Row.SizeBytes + (pending.Row.Features.Length * 192) + 512;
            if (mostBytes > StoredRowCodec.MaxDocumentBytes)
            {
                mostBytes = StoredRowCodec.Encode(joined, now).Length;
                if (mostBytes > StoredRowCodec.MaxDocumentBytes)
                {
                    pending.TrySetException(isFirst
                        ? new RowTooLargeException(Lane.Key)
                        : new StateStoreException($"Rows that came in between left no room for this one under '{Lane.Key}'."));
                    mostBytes = StoredRowCodec.MaxDocumentBytes;
                    refused++;
                    continue;
                }
            }

            state = joined;
            pending.Applied = state.Holds(alone);
            _merged.Add(pending);
        }

        if (refused > 0)
        {
            // What was refused stays refused, should the others have to be merged again.
            Lane.Taken = [.. _merged];
        }

        if (_merged.Count == 0)
        {
            return false;
        }

        var end = state.End(lateness);
        long? ttlSeconds = end == Timestamp.Never
            ? null
            : Math.Max(1, ((end.Microseconds - now.Microseconds + 999_999) / 1_000_000) + 1);
        Save = new StateSave(Lane.Key, StoredRowCodec.Encode(state, now), item.ETag, ttlSeconds);
        return true;
    }

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
