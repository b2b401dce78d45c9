using System.Collections.Concurrent;

namespace FeatureStore.DevSidecar.State;

/// <summary><c>state.in-memory</c>: gone when the sidecar ends.</summary>
internal sealed class InMemoryStateStore : IStateStore
{
    private static readonly TimeSpan CleanInterval = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly Lock _writes = new();
    private readonly TimeProvider _time;
    private readonly ITimer _cleaner;

    public InMemoryStateStore(TimeProvider time)
    {
        _time = time;
        _cleaner = time.CreateTimer(_ => Clean(), null, CleanInterval, CleanInterval);
    }

    public IReadOnlyList<string> Capabilities { get; } = ["ETAG", "TTL"];

    public bool EscapesHtml => true;

    public bool TellsEmptyFromNone => false;

    public ValueTask<StateRead> GetAsync(string key, CancellationToken cancellationToken) => new(Read(0, key));

    public ValueTask<IReadOnlyList<StateRead>> GetManyAsync(IReadOnlyList<string> keys, int parallelism, CancellationToken cancellationToken)
    {
        var reads = new StateRead[keys.Count];
        for (var i = 0; i < reads.Length; i++)
        {
            reads[i] = Read(i, keys[i]);
        }

        return new(reads);
    }

    public ValueTask<IReadOnlyList<StateStoreException>> SaveAsync(IReadOnlyList<StateWrite> items, CancellationToken cancellationToken) =>
        new(Each(items, Save));

    public ValueTask<IReadOnlyList<StateStoreException>> DeleteAsync(IReadOnlyList<StateDelete> items, CancellationToken cancellationToken) =>
        new(Each(items, Delete));

    public ValueTask DisposeAsync() => _cleaner.DisposeAsync();

    private static List<StateStoreException> Each<T>(IReadOnlyList<T> items, Action<T> apply)
    {
        var errors = new List<StateStoreException>();
        foreach (var item in items)
        {
            try
            {
                apply(item);
            }
            catch (StateStoreException error)
            {
                errors.Add(error);
            }
        }

        return errors;
    }

    private StateRead Read(int index, string key) =>
        _entries.TryGetValue(key, out var entry) && !entry.IsExpired(_time.GetUtcNow())
            ? new StateRead(index, entry.Value, entry.ETag, entry.ExpiresAt, null)
            : StateRead.Absent(index);

    private void Save(StateWrite item)
    {
        var ttl = StateTtl.Parse(item.TtlInSeconds, "Atoi");

        // The caller's buffer belongs to its request.
        var value = item.Value.ToArray();
        lock (_writes)
        {
            Check(item.Key, item.ETag, item.FirstWrite);
            DateTimeOffset? expiresAt = ttl > 0 ? _time.GetUtcNow().AddSeconds(ttl.Value) : null;
            _entries[item.Key] = new Entry(value, Guid.NewGuid().ToString(), expiresAt);
        }
    }

    private void Delete(StateDelete item)
    {
        lock (_writes)
        {
            Check(item.Key, item.ETag, item.FirstWrite);
            _entries.TryRemove(item.Key, out _);
        }
    }

    private void Check(string key, string? etag, bool firstWrite)
    {
        var present = _entries.TryGetValue(key, out var entry);
        if (string.IsNullOrEmpty(etag))
        {
            // An expired entry that was not cleaned yet still counts, as in daprd.
            if (firstWrite && present)
            {
                throw StateStoreException.Mismatch("item already exists and no etag was passed");
            }

            return;
        }

        if (!present || entry!.IsExpired(_time.GetUtcNow()))
        {
            throw StateStoreException.Mismatch($"state not exist or expired for key={key}");
        }

        if (entry.ETag != etag)
        {
            throw StateStoreException.Mismatch($"state etag not match for key={key}: current={entry.ETag}, expect={etag}");
        }
    }

    private void Clean()
    {
        var now = _time.GetUtcNow();
        foreach (var item in _entries)
        {
            if (item.Value.IsExpired(now))
            {
                // Removes this very entry, not one that was saved meanwhile.
                _entries.TryRemove(item);
            }
        }
    }

    private sealed record Entry(byte[] Value, string ETag, DateTimeOffset? ExpiresAt)
    {
        public bool IsExpired(DateTimeOffset now) => ExpiresAt <= now;
    }
}
