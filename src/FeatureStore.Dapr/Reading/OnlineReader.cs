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
    public async Task<ReadOnlyMemory<byte>> ReadAsync(string key, CancellationToken cancellationToken)
    {
        Place place;
        Batch? dispatch;
        lock (_gate)
        {
            place = Join(key);
            dispatch = Dispatch();
        }

        Run(dispatch);
        return place.Document(await place.Batch.Read.WaitAsync(cancellationToken));
    }

    /// <summary>Reads the documents under several keys, together.</summary>
    /// <param name="keys">The state keys.</param>
    /// <param name="cancellationToken">Gives up waiting; the reads themselves go on for others.</param>
    /// <returns>The documents in the order of the keys, empty where there is none.</returns>
    /// <exception cref="StateStoreException">A key could not be read.</exception>
    public async Task<ReadOnlyMemory<byte>[]> ReadAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken)
    {
        if (keys.Count == 0)
        {
            // It would take a place among the reads under way, with nothing to read that gives it back.
            return [];
        }

        var places = new Place[keys.Count];
        lock (_gate)
        {
            for (var i = 0; i < places.Length; i++)
            {
                places[i] = Join(keys[i]);
            }

            // Each runs elsewhere. Many keys make many batches, which need not wait for one another while reads are free.
            while (Dispatch() is { } batch)
            {
                Run(batch);
            }
        }

        var documents = new ReadOnlyMemory<byte>[places.Length];
        for (var i = 0; i < places.Length; i++)
        {
            // Few batches, each of many keys: all but the first of a batch have been waited for.
            documents[i] = places[i].Document(await places[i].Batch.Read.WaitAsync(cancellationToken));
        }

        return documents;
    }

    private Place Join(string key)
    {
        if (_open is null || _open.Keys.Count >= options.MaxBatchKeys)
        {
            _open = new Batch();
            _waiting.Enqueue(_open);
        }

        return new Place(_open, _open.Add(key));
    }

    /// <summary>The next batch, with a place among the reads under way; null where there is none of either.</summary>
    private Batch? Dispatch()
    {
        if (_underWay >= options.ConcurrentReads || Next() is not { } batch)
        {
            return null;
        }

        _underWay++;
        return batch;
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

    /// <summary>Where the document of a key will be.</summary>
    private readonly record struct Place(Batch Batch, int At)
    {
        /// <exception cref="StateStoreException">The key could not be read.</exception>
        /// <exception cref="StoredRowFormatException">What lies there is no row.</exception>
        public ReadOnlyMemory<byte> Document(StateItem[] items)
        {
            var (item, key) = (items[At], Batch.Keys[At]);
            return item.Error is not null ? throw item.Failure(key)
                : item.Exists && item.Data.IsEmpty ? throw new StoredRowFormatException($"The document under '{key}' is empty.")
                : item.Data;
        }
    }

    private sealed class Batch
    {
        private readonly Dictionary<string, int> _places = new(StringComparer.Ordinal);
        private readonly TaskCompletionSource<StateItem[]> _read = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public List<string> Keys { get; } = [];

        /// <summary>An item for each key, in their order.</summary>
        public Task<StateItem[]> Read => _read.Task;

        public int Add(string key)
        {
            if (!_places.TryGetValue(key, out var place))
            {
                _places.Add(key, place = Keys.Count);
                Keys.Add(key);
            }

            return place;
        }

        public void Complete(StateItem[] items) => _read.SetResult(items);

        public void Fail(Exception e) => _read.SetException(e);
    }
}
