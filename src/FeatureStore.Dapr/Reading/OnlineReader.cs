using FeatureStore.Model;

namespace FeatureStore.Dapr;

/// <summary>Reads rows from the online store: concurrent reads gather in bulk reads, and a key is asked once in each.</summary>
/// <remarks>
/// A read joins only a batch that has not been dispatched: one that is under way may have passed the key before the write
/// that the reader has just made. While as many batches are under way as allowed, the next one gathers.
/// </remarks>
public sealed class OnlineReader(StateStore store, SidecarOptions options, OnlineMetrics metrics)
{
    private readonly Lock _gate = new();
    private readonly Queue<Batch> _waiting = new();
    private Batch? _open;
    private int _underWay;

    /// <summary>Reads the document under a key.</summary>
    /// <param name="key">The state key.</param>
    /// <param name="cancellationToken">Gives up waiting; the read itself goes on for others.</param>
    /// <returns>The document, empty if there is none.</returns>
    /// <exception cref="StateStoreException">The key could not be read.</exception>
    public Task<ReadOnlyMemory<byte>> ReadAsync(string key, CancellationToken cancellationToken)
    {
        Task<ReadOnlyMemory<byte>> read;
        Batch? dispatch;
        lock (_gate)
        {
            read = Join(key);
            dispatch = Dispatch();
        }

        Run(dispatch);
        return cancellationToken.CanBeCanceled ? read.WaitAsync(cancellationToken) : read;
    }

    /// <summary>Reads the documents under several keys, together.</summary>
    /// <param name="keys">The state keys.</param>
    /// <param name="cancellationToken">Gives up waiting; the reads themselves go on for others.</param>
    /// <returns>The documents in the order of the keys, empty where there is none.</returns>
    /// <exception cref="StateStoreException">A key could not be read.</exception>
    public Task<ReadOnlyMemory<byte>[]> ReadAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken)
    {
        var reads = new Task<ReadOnlyMemory<byte>>[keys.Count];
        Batch? dispatch;
        lock (_gate)
        {
            for (var i = 0; i < reads.Length; i++)
            {
                reads[i] = Join(keys[i]);
            }

            dispatch = Dispatch();
        }

        Run(dispatch);
        return Task.WhenAll(reads).WaitAsync(cancellationToken);
    }

    private Task<ReadOnlyMemory<byte>> Join(string key)
    {
        if (_open is null || _open.Keys.Count >= options.MaxBatchKeys)
        {
            _open = new Batch();
            _waiting.Enqueue(_open);
        }

        return _open.Add(key);
    }

    private Batch? Dispatch()
    {
        // Of no keys nothing waits.
        if (_underWay >= options.ConcurrentReads || _waiting.Count == 0)
        {
            return null;
        }

        _underWay++;
        return Next();
    }

    private void Run(Batch? batch)
    {
        if (batch is not null)
        {
            _ = RunAsync(batch);
        }
    }

    private async Task RunAsync(Batch first)
    {
        // The caller goes on to wait; the batch must not run on its stack.
        await Task.Yield();
        for (var batch = first; batch is not null;)
        {
            StateUnavailableException? away = null;
            metrics.ReadBatch(batch.Keys.Count);
            try
            {
                batch.Complete(await store.GetAsync(batch.Keys, options.ReadTimeout, CancellationToken.None));
            }
            catch (Exception e)
            {
                away = e as StateUnavailableException;
                batch.Fail(e);
            }

            lock (_gate)
            {
                // Whoever gathered behind a store that is away would only wait as long again.
                while (away is not null && _waiting.TryDequeue(out var behind))
                {
                    behind.Fail(away);
                }

                batch = Next();
                if (batch is null)
                {
                    _underWay--;
                }
            }
        }
    }

    private Batch? Next()
    {
        if (!_waiting.TryDequeue(out var batch))
        {
            _open = null;
            return null;
        }

        if (batch == _open)
        {
            _open = null;
        }

        return batch;
    }

    private sealed class Batch
    {
        private readonly Dictionary<string, TaskCompletionSource<ReadOnlyMemory<byte>>> _waiters = new(StringComparer.Ordinal);

        public List<string> Keys { get; } = [];

        public Task<ReadOnlyMemory<byte>> Add(string key)
        {
            if (!_waiters.TryGetValue(key, out var waiter))
            {
                waiter = new TaskCompletionSource<ReadOnlyMemory<byte>>(TaskCreationOptions.RunContinuationsAsynchronously);
                _waiters.Add(key, waiter);
                Keys.Add(key);
            }

            return waiter.Task;
        }

        public void Complete(StateItem[] items)
        {
            for (var i = 0; i < items.Length; i++)
            {
                var waiter = _waiters[Keys[i]];
                if (items[i].Error is not null)
                {
                    waiter.SetException(items[i].Failure(Keys[i]));
                }
                else if (items[i].Exists && items[i].Data.IsEmpty)
                {
                    waiter.SetException(new StoredRowFormatException($"The document under '{Keys[i]}' is empty."));
                }
                else
                {
                    waiter.SetResult(items[i].Data);
                }
            }
        }

        public void Fail(Exception e)
        {
            foreach (var waiter in _waiters.Values)
            {
                waiter.TrySetException(e);
            }
        }
    }
}
