using Microsoft.Data.Sqlite;

namespace FeatureStore.DevSidecar.State.Sqlite;

/// <summary><c>state.sqlite</c>, in daprd's table. Several sidecars, of one process or of many, may share the file.</summary>
internal sealed class SqliteStateStore : IStateStore
{
    private readonly SqliteConnections _connections;
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly TimeProvider _time;
    private readonly ITimer? _cleaner;

    public SqliteStateStore(SqliteOptions options, TimeProvider time)
    {
        _connections = new SqliteConnections(options);
        _time = time;
        if (options.CleanupInterval > TimeSpan.Zero)
        {
            _cleaner = time.CreateTimer(_ => _ = CleanAsync(), null, options.CleanupInterval, options.CleanupInterval);
        }
    }

    public IReadOnlyList<string> Capabilities { get; } = ["ETAG", "TTL"];

    public bool EscapesHtml => true;

    public bool TellsEmptyFromNone => true;

    public ValueTask<StateRead> GetAsync(string key, CancellationToken cancellationToken)
    {
        if (key.Length == 0)
        {
            throw StateStoreException.Failed("missing key in get operation");
        }

        var reader = _connections.RentReader();
        try
        {
            return new(reader.Read(0, key, Now()));
        }
        catch (SqliteException exception)
        {
            throw StateStoreException.Failed(exception.Message, exception);
        }
        finally
        {
            _connections.Return(reader);
        }
    }

    public ValueTask<IReadOnlyList<StateRead>> GetManyAsync(IReadOnlyList<string> keys, int parallelism, CancellationToken cancellationToken)
    {
        // daprd asks in one query: rows come sorted by key, then what is absent, and a repeated key as an empty one.
        var reads = new List<StateRead>(keys.Count);
        var absent = new List<StateRead>();
        var repeated = 0;
        var now = Now();
        var reader = _connections.RentReader();
        try
        {
            var seen = new HashSet<string>(keys.Count, StringComparer.Ordinal);
            for (var i = 0; i < keys.Count; i++)
            {
                if (!seen.Add(keys[i]))
                {
                    repeated++;
                    continue;
                }

                var read = Read(reader, i, keys[i], now);
                (read.Found || read.Error is not null ? reads : absent).Add(read);
            }
        }
        finally
        {
            _connections.Return(reader);
        }

        reads.Sort((a, b) => string.CompareOrdinal(keys[a.Index], keys[b.Index]));
        reads.AddRange(absent);
        reads.AddRange(Enumerable.Repeat(StateRead.Absent(StateRead.Repetition), repeated));
        return new(reads);
    }

    public ValueTask<IReadOnlyList<StateStoreException>> SaveAsync(IReadOnlyList<StateWrite> items, CancellationToken cancellationToken) =>
        WriteAsync(items, Save, cancellationToken);

    public ValueTask<IReadOnlyList<StateStoreException>> DeleteAsync(IReadOnlyList<StateDelete> items, CancellationToken cancellationToken) =>
        WriteAsync(items, Delete, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (_cleaner is not null)
        {
            await _cleaner.DisposeAsync();
        }

        await _writing.WaitAsync();
        _connections.Dispose();
    }

    private static StateRead Read(SqliteReader reader, int index, string key, string now)
    {
        try
        {
            return reader.Read(index, key, now);
        }
        catch (SqliteException exception)
        {
            return StateRead.Failed(index, exception.Message);
        }
    }

    private async ValueTask<IReadOnlyList<StateStoreException>> WriteAsync<T>(
        IReadOnlyList<T> items, Func<T, StateStoreException?> write, CancellationToken cancellationToken)
    {
        var errors = new List<StateStoreException>();
        await _writing.WaitAsync(cancellationToken);
        try
        {
            // An item that loses changes no row, so it leaves the others of its transaction alone.
            _connections.Writer.InTransaction(() =>
            {
                foreach (var item in items)
                {
                    if (write(item) is { } error)
                    {
                        errors.Add(error);
                    }
                }
            });
        }
        catch (SqliteException exception)
        {
            return [StateStoreException.Failed(exception.Message, exception)];
        }
        finally
        {
            _writing.Release();
        }

        return errors;
    }

    private StateStoreException? Save(StateWrite item)
    {
        const string Prefix = "error parsing TTL: incorrect value for metadata 'ttlInSeconds': ";
        long? ttl;
        try
        {
            ttl = StateTtl.Parse(item.TtlInSeconds, errorPrefix: Prefix);
        }
        catch (StateStoreException error)
        {
            return error;
        }

        // daprd reads it as a 32-bit number, in which the larger ones come out negative.
        if (ttl is < -1 or > int.MaxValue)
        {
            return StateStoreException.Failed(Prefix + "must be -1 or greater");
        }

        return _connections.Writer.Save(item, ttl, _time.GetUtcNow()) ? null : StateStoreException.Mismatch();
    }

    private StateStoreException? Delete(StateDelete item) =>
        _connections.Writer.Delete(item) ? null : StateStoreException.Mismatch();

    private async Task CleanAsync()
    {
        await _writing.WaitAsync();
        try
        {
            _connections.Writer.Clean(_time.GetUtcNow());
        }
        catch (SqliteException)
        {
            // Cleaning only saves space; the next round tries again.
        }
        finally
        {
            _writing.Release();
        }
    }

    private string Now() => SqliteTime.Format(_time.GetUtcNow());
}
