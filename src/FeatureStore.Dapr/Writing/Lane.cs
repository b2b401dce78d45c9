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

    public void Fail(Exception e)
    {
        foreach (var row in Taken)
        {
            row.TrySetException(e);
        }

        Taken = [];
    }
}
