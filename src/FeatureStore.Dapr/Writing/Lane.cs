namespace FeatureStore.Dapr;

/// <summary>The rows of one state key, in the order in which they came. One batch at a time works on a lane.</summary>
internal sealed class Lane(string key)
{
    public string Key { get; } = key;

    /// <summary>Rows that no batch has taken yet.</summary>
    public List<PendingRow> Waiting { get; set; } = [];

    /// <summary>Rows that the batch at work has taken.</summary>
    public List<PendingRow> Taken { get; set; } = [];

    public bool IsQueued { get; set; }

    public bool IsBusy { get; set; }

    /// <summary>When a batch may work on the lane again, while its stored row is about to expire; null otherwise.</summary>
    public DateTimeOffset? DeferredUntil { get; set; }

    /// <summary>Hands the oldest waiting rows to a batch.</summary>
    public void Take(int most)
    {
        if (Waiting.Count <= most)
        {
            (Taken, Waiting) = (Waiting, []);
            return;
        }

        Taken = Waiting.GetRange(0, most);
        Waiting.RemoveRange(0, most);
    }

    /// <summary>Fails the rows that do not wait for the lane.</summary>
    /// <returns>False if none of those that the batch took is left.</returns>
    public bool Defer(TimeSpan delay, DateTimeOffset until)
    {
        Taken = Waiters(Taken, delay);
        Waiting = Waiters(Waiting, delay);
        DeferredUntil = Taken.Count > 0 ? until : null;
        return Taken.Count > 0;
    }

    private List<PendingRow> Waiters(List<PendingRow> rows, TimeSpan delay)
    {
        foreach (var row in rows)
        {
            if (!row.Waits)
            {
                row.TrySetException(new RowMustWaitException(Key, delay));
            }
        }

        return rows.FindAll(row => row.Waits);
    }

    public void Fail(Exception e)
    {
        foreach (var row in Taken)
        {
            row.TrySetException(e);
        }

        Taken = [];
    }
}
