using System.Text;
using FeatureStore.Dapr;
using FeatureStore.Model;

namespace FeatureStore.FeatureApi.Resident;

/// <summary>Where rows are read from: from memory those of push views, from the online store all others and what memory lacks.</summary>
internal sealed class RowSource(
    OnlineReader online, RowMemory memory, ChangeCurrency currency, SettledViews views, RegistryWatch registry, Lateness lateness, ResidentMetrics metrics, TimeProvider time)
{
    /// <summary>Reads documents.</summary>
    /// <param name="keys">The state keys, each once.</param>
    /// <param name="cancellationToken">Gives up waiting; reads go on for others.</param>
    /// <returns>The documents in the order of the keys, empty where there is none.</returns>
    /// <exception cref="StateStoreException">A row could not be read.</exception>
    /// <exception cref="StoredRowFormatException">What lies there is no row.</exception>
    public ValueTask<ReadOnlyMemory<byte>[]> ReadAsync(IReadOnlyList<string> keys, CancellationToken cancellationToken)
    {
        // Before it is asked whether this replica is current: a generation that begins in between is not one of this read.
        var generation = currency.Generation;
        if (!views.IsAnyPushed || !currency.IsCurrent)
        {
            return new ValueTask<ReadOnlyMemory<byte>[]>(online.ReadAsync(keys, cancellationToken));
        }

        var documents = new ReadOnlyMemory<byte>[keys.Count];
        List<int>? missing = null;
        var (held, pushed) = (0, 0);
        for (var i = 0; i < documents.Length; i++)
        {
            var isPushed = views.Contains(keys[i]);
            pushed += isPushed ? 1 : 0;
            if (isPushed && TryCopy(keys[i], generation, out documents[i]))
            {
                held++;
            }
            else
            {
                (missing ??= []).Add(i);
            }
        }

        metrics.Read(held, pushed - held);
        return missing is null
            ? ValueTask.FromResult(documents)
            : new ValueTask<ReadOnlyMemory<byte>[]>(FillAsync(keys, documents, missing, generation, cancellationToken));
    }

    /// <summary>Takes in rows that were saved: those that are held or being read are merged with them.</summary>
    public void Apply(IReadOnlyList<ChangedRow> rows)
    {
        var now = Timestamp.From(time.GetUtcNow());
        foreach (var (key, document) in rows)
        {
            var bytes = Encoding.UTF8.GetBytes(key);
            var shard = memory.Shard(bytes, out var hash);
            lock (shard.Gate)
            {
                if (shard.Fills.TryGetValue(key, out var fill))
                {
                    fill.Changed = StoredDocument.Join(fill.Changed, document, now, LatenessOf(key));
                }

                if (shard.TryFind(hash, bytes, out var held))
                {
                    var generation = held.Generation;
                    Hold(shard, hash, bytes, StoredDocument.Join(DocumentOf(held, now), document, now, LatenessOf(key)), generation);
                }
            }
        }
    }

    private bool TryCopy(string key, int generation, out ReadOnlyMemory<byte> document)
    {
        Span<byte> bytes = stackalloc byte[StateKey.MaxLength];
        bytes = bytes[..Encoding.UTF8.GetBytes(key, bytes)];
        var shard = memory.Shard(bytes, out var hash);
        lock (shard.Gate)
        {
            if (shard.TryFind(hash, bytes, out var row) && row.Generation == generation)
            {
                row.WasRead = true;
                document = DocumentOf(row, Timestamp.From(time.GetUtcNow()));
                return true;
            }
        }

        document = default;
        return false;
    }

    private async Task<ReadOnlyMemory<byte>[]> FillAsync(
        IReadOnlyList<string> keys, ReadOnlyMemory<byte>[] documents, List<int> missing, int generation, CancellationToken cancellationToken)
    {
        var (toRead, own, others) = (new List<int>(missing.Count), new List<Wanted>(), new List<Wanted>());
        foreach (var at in missing)
        {
            if (views.Contains(keys[at]))
            {
                var fill = Join(keys[at], out var isOwn);
                (isOwn ? own : others).Add(new Wanted(at, toRead.Count, fill));
                if (!isOwn)
                {
                    continue;
                }
            }

            toRead.Add(at);
        }

        // Not for this caller alone: whoever else asks for one of the rows waits for this read.
        var found = await ReadAsync(toRead.ConvertAll(at => keys[at]), own, generation).WaitAsync(cancellationToken);
        for (var i = 0; i < toRead.Count; i++)
        {
            documents[toRead[i]] = found[i];
        }

        foreach (var wanted in own)
        {
            documents[wanted.At] = await wanted.Fill.Read;
        }

        foreach (var wanted in others)
        {
            documents[wanted.At] = await OthersAsync(keys[wanted.At], wanted.Fill, cancellationToken);
        }

        return documents;
    }

    /// <summary>What another caller reads. If that fails for a reason of another row's, it is read once more.</summary>
    private async Task<ReadOnlyMemory<byte>> OthersAsync(string key, RowFill fill, CancellationToken cancellationToken)
    {
        try
        {
            return await fill.Read.WaitAsync(cancellationToken);
        }
        catch (Exception e) when (e is StateStoreException or StoredRowFormatException)
        {
            return await online.ReadAsync(key, cancellationToken);
        }
    }

    private RowFill Join(string key, out bool isOwn)
    {
        var shard = memory.Shard(Encoding.UTF8.GetBytes(key), out _);
        lock (shard.Gate)
        {
            isOwn = !shard.Fills.TryGetValue(key, out var fill);
            if (fill is null)
            {
                shard.Fills.Add(key, fill = new RowFill());
            }

            return fill;
        }
    }

    private async Task<ReadOnlyMemory<byte>[]> ReadAsync(List<string> keys, List<Wanted> fills, int generation)
    {
        try
        {
            var documents = await online.ReadAsync(keys, CancellationToken.None);
            foreach (var wanted in fills)
            {
                Complete(keys[wanted.Read], wanted.Fill, documents[wanted.Read], generation);
            }

            return documents;
        }
        catch (Exception e)
        {
            foreach (var wanted in fills)
            {
                Abandon(keys[wanted.Read], wanted.Fill, e);
            }

            throw;
        }
    }

    private void Abandon(string key, RowFill fill, Exception e)
    {
        var shard = memory.Shard(Encoding.UTF8.GetBytes(key), out _);
        lock (shard.Gate)
        {
            if (shard.Fills.GetValueOrDefault(key) == fill)
            {
                shard.Fills.Remove(key);
            }
        }

        fill.Fail(e);
    }

    private void Complete(string key, RowFill fill, ReadOnlyMemory<byte> document, int generation)
    {
        var bytes = Encoding.UTF8.GetBytes(key);
        var shard = memory.Shard(bytes, out var hash);
        try
        {
            lock (shard.Gate)
            {
                shard.Fills.Remove(key);
                var now = Timestamp.From(time.GetUtcNow());
                document = StoredDocument.Join(document, fill.Changed, now, LatenessOf(key));
                if (shard.TryFind(hash, bytes, out var held))
                {
                    // What this replica has served it does not go back behind, whatever the store has lost.
                    document = StoredDocument.Join(document, DocumentOf(held, now), now, LatenessOf(key));
                }

                Hold(shard, hash, bytes, document, generation);
            }

            fill.Complete(document);
        }
        catch (StoredRowFormatException e)
        {
            // One row that cannot be read is no reason to fail the others.
            fill.Fail(e);
        }
    }

    private void Hold(RowShard shard, uint hash, byte[] key, ReadOnlyMemory<byte> document, int generation)
    {
        if (!shard.Put(hash, key, document, generation))
        {
            metrics.TooLarge();
        }
    }

    /// <summary>A copy of what is held; nothing once the store has forgotten the row.</summary>
    private static ReadOnlyMemory<byte> DocumentOf(in ResidentRow row, Timestamp now) => row.KeptUntil <= now ? default : row.Document.ToArray();

    /// <summary>A row that is wanted.</summary>
    /// <param name="At">Its place among the keys asked for.</param>
    /// <param name="Read">Its place among the keys read for it.</param>
    /// <param name="Fill">Who reads it.</param>
    private readonly record struct Wanted(int At, int Read, RowFill Fill);

    private Lateness LatenessOf(string key) => lateness.Of(registry.Current?.Registry.Schema(StateKey.ViewOf(key).ToString())?.Lateness);
}
