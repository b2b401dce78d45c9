using FeatureStore.Dapr;
using FeatureStore.Model;

namespace FeatureStore.FeatureIngest.Events;

/// <summary>
/// The rows of events that the store has failed to read or save, and since when. A failure of one key may be an outage of a part of
/// the store, which ends, or last for ever; while its event is delivered again, nothing behind it is delivered at all.
/// </summary>
internal sealed class RefusedRows(OnlineWriter writer, StateStore store, IngestOptions options, TimeProvider time)
{
    /// <summary>Fewer failures than this are none that lasts, however long ago the first was.</summary>
    private const int LeastRefusals = 3;

    private const int MaxKeys = 10_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, (int Count, long First)> _refusals = new(StringComparer.Ordinal);
    private volatile bool _isEmpty = true;

    /// <summary>A row was stored.</summary>
    public void Taken(IncomingRow row)
    {
        if (_isEmpty)
        {
            return;
        }

        lock (_gate)
        {
            _refusals.Remove(row.StateKey);
            _isEmpty = _refusals.Count == 0;
        }
    }

    /// <summary>A row was not stored, because of the store.</summary>
    /// <returns>Whether that has lasted for so long that it may be for good.</returns>
    public bool Refused(IncomingRow row)
    {
        lock (_gate)
        {
            if (_refusals.Count >= MaxKeys)
            {
                _refusals.Clear();
            }

            var (count, first) = _refusals.TryGetValue(row.StateKey, out var known) ? known : (0, time.GetTimestamp());
            _refusals[row.StateKey] = (count + 1, first);
            _isEmpty = false;
            return count + 1 >= LeastRefusals && time.GetElapsedTime(first) >= options.RefusedFor;
        }
    }

    /// <summary>Tries rows once more that have been refused for long, with a look at whether the store takes others at that moment.</summary>
    /// <returns>Those that are refused while others are taken, so that waiting helps nobody.</returns>
    public async Task<IReadOnlySet<IncomingRow>> FindLostAsync(IReadOnlyList<IncomingRow> rows)
    {
        var lost = new HashSet<IncomingRow>(ReferenceEqualityComparer.Instance);
        if (rows.Count == 0 || !await store.TakesSavesAsync(CancellationToken.None))
        {
            return lost;
        }

        foreach (var (row, write) in rows.Select(row => (row, writer.WriteAsync(row, waits: false))).ToList())
        {
            try
            {
                await write;
                Taken(row);
            }
            catch (StateStoreException e) when (e is not (UntoldChangeException or UnloggedRowException))
            {
                lost.Add(row);
            }
            catch (Exception)
            {
                // Something else now: the next delivery sees to it.
            }
        }

        return await store.TakesSavesAsync(CancellationToken.None) ? lost : new HashSet<IncomingRow>();
    }
}
