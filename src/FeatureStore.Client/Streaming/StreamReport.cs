namespace FeatureStore.Client;

/// <summary>Counts what became of the rows of a stream, whose batches are answered in any order.</summary>
internal sealed class StreamReport(WriteManyOptions options)
{
    private readonly Lock _gate = new();
    private readonly List<RejectedRow> _rejections = [];
    private readonly Dictionary<long, long> _answered = [];
    private long _applied;
    private long _superseded;
    private long _rejected;
    private long _settled;

    /// <summary>Whether anybody wants to know which rows were rejected.</summary>
    public bool WantsRejections
    {
        get
        {
            lock (_gate)
            {
                return options.OnRejected is not null || _rejections.Count < options.MaxRejections;
            }
        }
    }

    public void Count(BatchReply reply)
    {
        lock (_gate)
        {
            _applied += reply.Applied;
            _superseded += reply.Superseded;
            _rejected += reply.Rejected;
        }
    }

    public void Name(RejectedRow row)
    {
        lock (_gate)
        {
            if (_rejections.Count < options.MaxRejections)
            {
                _rejections.Add(row);
            }

            options.OnRejected?.Invoke(row);
        }
    }

    /// <summary>Every row of a batch has been answered.</summary>
    public void Settle(long first, int rows)
    {
        lock (_gate)
        {
            _answered[first] = first + rows;
            while (_answered.Remove(_settled, out var end))
            {
                _settled = end;
            }
        }
    }

    public WriteManyResult Result()
    {
        lock (_gate)
        {
            return new WriteManyResult
            {
                Applied = _applied,
                Superseded = _superseded,
                Rejected = _rejected,
                Rejections = [.. _rejections.OrderBy(row => row.Index)],
                Settled = _settled,
            };
        }
    }
}
