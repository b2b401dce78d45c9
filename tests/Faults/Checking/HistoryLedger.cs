using FeatureStore.Faults.Rows;

namespace FeatureStore.Faults.Checking;

/// <summary>The rows that history may hold, and those of them that it owes.</summary>
internal sealed class HistoryLedger
{
    private readonly Lock _gate = new();
    private readonly HashSet<HistoryRow> _sent = [];
    private readonly Dictionary<HistoryRow, (long At, string How)> _owed = [];

    /// <summary>How many rows history owes.</summary>
    public int Owed
    {
        get
        {
            lock (_gate)
            {
                return _owed.Count;
            }
        }
    }

    /// <summary>A row is about to be sent: from now on it may be there.</summary>
    public void Send(HistoryRow row)
    {
        lock (_gate)
        {
            _sent.Add(row);
        }
    }

    /// <summary>A row was acknowledged: in the end it must be there.</summary>
    public void Owe(HistoryRow row, long now, string how)
    {
        lock (_gate)
        {
            _owed.TryAdd(row, (now, how));
        }
    }

    /// <summary>Adds a row that was found to others.</summary>
    /// <returns>False if nobody sent it.</returns>
    public bool Add(HistoryRow row, HashSet<HistoryRow> found)
    {
        lock (_gate)
        {
            found.Add(row);
            if (_sent.Contains(row.Unstamped))
            {
                // Whoever sent it does not know its stamp.
                found.Add(row.Unstamped);
                return true;
            }

            return _sent.Contains(row);
        }
    }

    /// <summary>How many rows are owed that are not among those found.</summary>
    public int CountMissing(HashSet<HistoryRow> found)
    {
        lock (_gate)
        {
            return _owed.Keys.Count(row => !found.Contains(row));
        }
    }

    /// <summary>The rows that are owed and not among those found.</summary>
    public IReadOnlyList<Finding> Missing(HashSet<HistoryRow> found)
    {
        lock (_gate)
        {
            return [.. _owed.Where(owed => !found.Contains(owed.Key)).OrderBy(owed => owed.Value.At).Select(owed => new Finding(
                FindingKind.MissingInHistory, owed.Key.Entity, $"{owed.Value.How} at {RowStamp.Text(owed.Value.At)}: {owed.Key}", ""))];
        }
    }
}
