using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using FeatureStore.DevSidecar.Sqlite;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace FeatureStore.DevSidecar.PubSub.Sqlite;

/// <summary>
/// One file of events, open in this process. A thread of its own does all work on it: what came up while the disk was
/// busy is one transaction, so a hundred publishers wait for one fsync rather than for a hundred.
/// </summary>
internal sealed partial class EventFile
{
    private const int LargestBatch = 1000;
    private const int LargestBatchBytes = 16 * 1024 * 1024;
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan IdleInterval = TimeSpan.FromSeconds(1);

    private readonly BlockingCollection<PendingWork> _pending = [];
    private readonly SqliteConnection _connection;
    private readonly EventTables _tables;
    private readonly SqliteStatement _begin;
    private readonly SqliteStatement _commit;
    private readonly SqliteStatement _rollback;
    private readonly SqliteStatement _dataVersion;
    private readonly EventKeeping _keeping;
    private readonly ILogger _logger;
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentDictionary<SqliteSubscription, string> _subscriptions = new();
    private ProcessMark? _mark;
    private bool _synchronous = true;
    private object? _lastVersion;
    private long _lastPoll;

    /// <exception cref="SqliteException">It cannot be opened.</exception>
    public EventFile(string path, TimeProvider time, ILogger logger)
    {
        Path = path;
        Time = time;
        _logger = logger;
        _connection = EventSchema.Open(path);
        _tables = new EventTables(_connection, time);
        _begin = new(_connection, "BEGIN IMMEDIATE");
        _commit = new(_connection, "COMMIT");
        _rollback = new(_connection, "ROLLBACK");
        _dataVersion = new(_connection, "PRAGMA data_version");
        _keeping = new EventKeeping(this, _connection, _tables.Maintenance, time);

        // Before the first claim: what a killed process held need not wait for its time to run out.
        _keeping.ReleaseGone();
        new Thread(Work) { IsBackground = true, Name = "pubsub.sqlite" }.Start();
    }

    public string Path { get; }

    public TimeProvider Time { get; }

    /// <summary>The name of this process' mark; null until it has members.</summary>
    public string? Process => _mark?.Name;

    /// <summary>Sets this process' mark, before there is a claim that is known by it. Called by work only.</summary>
    public string MarkProcess() => (_mark ??= ProcessMark.Set(Path)).Name;

    /// <summary>Keeps unwanted events for at least so long; of several components the longest counts.</summary>
    public void KeepFor(TimeSpan retention) => _keeping.KeepFor(retention);

    /// <summary>Wakes a subscription when there may be something to claim.</summary>
    public void Watch(SqliteSubscription subscription, string topic) => _subscriptions[subscription] = topic;

    public void Unwatch(SqliteSubscription subscription) => _subscriptions.TryRemove(subscription, out _);

    /// <summary>Does some work; completes once it is committed.</summary>
    /// <exception cref="EventFileException">It could not be done.</exception>
    public Task<T> RunAsync<T>(Func<EventTables, T> run, EventWork work, CancellationToken cancellationToken)
    {
        var pending = new PendingWork<T>(run, work);
        try
        {
            _pending.Add(pending, CancellationToken.None);
        }
        catch (InvalidOperationException exception)
        {
            throw new EventFileException("the file is closed", exception);
        }

        return pending.Done.WaitAsync(cancellationToken);
    }

    public Task CloseAsync()
    {
        _pending.CompleteAdding();
        return _closed.Task;
    }

    /// <summary>Does work that came up by itself; false when it could not be done, which is logged.</summary>
    internal bool TryTransact<T>(Func<EventTables, T> run, [MaybeNullWhen(false)] out T result)
    {
        var work = new PendingWork<T>(run, EventWork.ThatMayBeLost);
        Transact([work]);
        result = default;
        if (!work.Done.IsCompletedSuccessfully)
        {
            Log.NotKept(_logger, Path, work.Done.Exception!.InnerException!.Message);
            return false;
        }

        result = work.Done.Result;
        return true;
    }

    internal void WakeAll()
    {
        foreach (var subscription in _subscriptions.Keys)
        {
            subscription.Wake();
        }
    }

    private void Work()
    {
        var batch = new List<PendingWork>();
        try
        {
            while (!_pending.IsCompleted)
            {
                var wait = _subscriptions.IsEmpty ? IdleInterval : PollInterval;
                var idle = !_pending.TryTake(out var next, wait);
                if (next is not null)
                {
                    Gather(batch, next);
                    Commit(batch);
                    batch.Clear();
                }

                if (idle || Time.GetElapsedTime(_lastPoll) >= PollInterval)
                {
                    _lastPoll = Time.GetTimestamp();
                    Keep(idle);
                }
            }
        }
        finally
        {
            Close();
        }
    }

    private void Gather(List<PendingWork> batch, PendingWork next)
    {
        batch.Add(next);
        var bytes = next.Work.Bytes;
        while (batch.Count < LargestBatch && bytes < LargestBatchBytes && _pending.TryTake(out var more))
        {
            batch.Add(more);
            bytes += more.Work.Bytes;
        }
    }

    private void Commit(List<PendingWork> batch)
    {
        if (!Transact(batch, failsAlone: batch.Count == 1))
        {
            // One of them may be the reason, such as an event too large for what is left of the disk.
            foreach (var work in batch)
            {
                Transact([work]);
            }
        }

        foreach (var (subscription, topic) in _subscriptions)
        {
            if (_tables.Published.Contains(topic))
            {
                subscription.Wake();
            }
        }

        _tables.Published.Clear();
    }

    /// <summary>Runs all of it in one transaction; false when nothing of it was done and nobody was told.</summary>
    private bool Transact(IReadOnlyList<PendingWork> batch, bool failsAlone = true)
    {
        try
        {
            Synchronize(batch.Any(work => work.Work.MustLast));
            _begin.Execute();
            foreach (var work in batch)
            {
                work.Run(_tables);
            }

            _commit.Execute();
        }
        catch (Exception exception)
        {
            // Whatever it was, a thread that ended would be silent.
            RollBack();
            if (!failsAlone && exception is not SqliteException { SqliteErrorCode: SQLitePCL.raw.SQLITE_BUSY })
            {
                return false;
            }

            foreach (var work in batch)
            {
                work.Failed(new EventFileException(exception.Message, exception));
            }

            return true;
        }

        foreach (var work in batch)
        {
            work.Committed();
        }

        return true;
    }

    /// <summary>
    /// Only publishing waits for the disk. What is committed without that survives the process all the same, and the
    /// next fsync covers it too: a write-ahead log is written in order.
    /// </summary>
    private void Synchronize(bool synchronous)
    {
        if (synchronous != _synchronous)
        {
            // Not a prepared statement: this pragma acts when it is prepared.
            EventSchema.Execute(_connection, synchronous ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
            _synchronous = synchronous;
        }
    }

    private void RollBack()
    {
        try
        {
            _rollback.Execute();
        }
        catch (SqliteException)
        {
            // There was no transaction, or SQLite itself has rolled it back, as it does when the disk is full.
        }
    }

    private void Keep(bool idle)
    {
        try
        {
            // It changes with the commits of other processes.
            var version = _dataVersion.Value();
            if (!Equals(version, _lastVersion))
            {
                _lastVersion = version;
                WakeAll();
            }

            _keeping.Tick(idle);
        }
        catch (Exception exception)
        {
            Log.NotKept(_logger, Path, exception.Message);
        }
    }

    private void Close()
    {
        foreach (var statement in (ReadOnlySpan<SqliteStatement>)[_begin, _commit, _rollback, _dataVersion])
        {
            statement.Dispose();
        }

        _keeping.Dispose();
        _tables.Dispose();
        _connection.Dispose();
        _mark?.Dispose();
        _closed.TrySetResult();
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "sqlite: looking after {Path} failed, it is tried again: {Reason}")]
        public static partial void NotKept(ILogger logger, string path, string reason);
    }
}
