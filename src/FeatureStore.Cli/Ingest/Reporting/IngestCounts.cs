using System.Diagnostics;

namespace FeatureStore.Cli.Ingest;

/// <summary>How far an ingest has come; read while it is written.</summary>
internal sealed class IngestCounts
{
    /// <summary>How many rejected rows are shown one by one.</summary>
    public const int MostShown = 10;

    private readonly Lock _lock = new();
    private readonly List<(RowLocation At, string Reason)> _rejections = [];
    private readonly List<(RowLocation From, RowLocation To)> _failures = [];
    private readonly Dictionary<RowBatch, string> _waits = [];
    private long _read;
    private long _applied;
    private long _superseded;
    private long _rejected;
    private long _failed;
    private long _doneBytes;
    private long _skippedBytes;
    private long _notNumbers;

    public long Read => Interlocked.Read(ref _read);

    public long Applied => Interlocked.Read(ref _applied);

    public long Superseded => Interlocked.Read(ref _superseded);

    public long Rejected => Interlocked.Read(ref _rejected);

    /// <summary>Rows that were given up.</summary>
    public long Failed => Interlocked.Read(ref _failed);

    /// <summary>Rows whose fate is known.</summary>
    public long Settled => Applied + Superseded + Rejected + Failed;

    /// <summary>How much of the files is dealt with.</summary>
    public long DoneBytes => Interlocked.Read(ref _doneBytes);

    /// <summary>How much of that an earlier run dealt with.</summary>
    public long SkippedBytes => Interlocked.Read(ref _skippedBytes);

    /// <summary>Values that are not-a-number, and were sent as null.</summary>
    public long NotNumbers => Interlocked.Read(ref _notNumbers);

    /// <summary>What a request waits for, if one does.</summary>
    public string? Waiting
    {
        get
        {
            lock (_lock)
            {
                return _waits.Values.FirstOrDefault();
            }
        }
    }

    /// <summary>The service went away: a first request waits.</summary>
    public event Action<string>? WaitBegan;

    /// <summary>The service is back: no request waits any more.</summary>
    public event Action? WaitEnded;

    public IReadOnlyList<(RowLocation At, string Reason)> Rejections
    {
        get
        {
            lock (_lock)
            {
                return [.. _rejections];
            }
        }
    }

    /// <summary>The rows that were given up, as ranges of lines.</summary>
    public IReadOnlyList<(RowLocation From, RowLocation To)> Failures
    {
        get
        {
            lock (_lock)
            {
                return [.. _failures];
            }
        }
    }

    public void AddRead() => Interlocked.Increment(ref _read);

    public void AddDoneBytes(long bytes) => Interlocked.Add(ref _doneBytes, bytes);

    public void AddSkippedBytes(long bytes)
    {
        Interlocked.Add(ref _skippedBytes, bytes);
        AddDoneBytes(bytes);
    }

    public void AddNotNumbers(int values) => Interlocked.Add(ref _notNumbers, values);

    public void AddRejection(RowLocation at, string reason)
    {
        Interlocked.Increment(ref _rejected);
        Show(at, reason);
    }

    /// <summary>Counts an answer, of which the lines to send again are not yet settled.</summary>
    public void Add(IngestReply reply, RowBatch batch)
    {
        Debug.Assert(reply.Applied is not null);
        Interlocked.Add(ref _applied, reply.Applied.Value);
        Interlocked.Add(ref _superseded, reply.Superseded);
        Interlocked.Add(ref _rejected, reply.Rejected);
        foreach (var error in reply.Errors ?? [])
        {
            if (error.Line is > 0 and var line && line <= batch.Count)
            {
                Show(batch.Locations[line - 1], error.Detail ?? "rejected");
            }
        }
    }

    public void AddFailed(RowBatch batch)
    {
        Interlocked.Add(ref _failed, batch.Count);
        lock (_lock)
        {
            for (var i = 0; i < batch.Count && _failures.Count < MostShown; i++)
            {
                var at = batch.Locations[i];
                if (i > 0 && _failures[^1].To.File == at.File)
                {
                    // What lies between two failed rows of a file went in or is named too; a range is enough to find them.
                    _failures[^1] = (_failures[^1].From, at);
                }
                else
                {
                    _failures.Add((at, at));
                }
            }
        }
    }

    /// <summary>A request waits for the service.</summary>
    public void Waits(RowBatch batch, string cause)
    {
        bool first;
        lock (_lock)
        {
            first = _waits.Count == 0;
            _waits[batch] = cause;
        }

        if (first)
        {
            WaitBegan?.Invoke(cause);
        }
    }

    /// <summary>A request waits no more.</summary>
    public void WaitsNoMore(RowBatch batch, bool answered)
    {
        bool last;
        lock (_lock)
        {
            last = _waits.Remove(batch) && _waits.Count == 0;
        }

        if (last && answered)
        {
            WaitEnded?.Invoke();
        }
    }

    private void Show(RowLocation at, string reason)
    {
        lock (_lock)
        {
            if (_rejections.Count < MostShown)
            {
                _rejections.Add((at, reason));
            }
        }
    }
}
