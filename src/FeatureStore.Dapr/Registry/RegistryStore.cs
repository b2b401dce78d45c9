using FeatureStore.Model;

namespace FeatureStore.Dapr;

/// <summary>Reads and applies registries in the state store.</summary>
public sealed class RegistryStore(StateStore store, SidecarOptions options, TimeProvider time)
{
    /// <summary>The documents of the registry read last: the next one has most of them too.</summary>
    private volatile IReadOnlyDictionary<string, ReadOnlyMemory<byte>> _known = new Dictionary<string, ReadOnlyMemory<byte>>();

    /// <summary>Reads the registry.</summary>
    /// <param name="known">The newest registry that the caller has; returned as it is where the store holds the same.</param>
    /// <param name="cancellationToken">Gives the read up.</param>
    /// <returns>The registry in the store; null if there is none.</returns>
    /// <exception cref="StateStoreException">It could not be read.</exception>
    /// <exception cref="StoredRowFormatException">It is none that this version can read.</exception>
    public async Task<AppliedRegistry?> ReadAsync(AppliedRegistry? known, CancellationToken cancellationToken)
    {
        var item = await RootAsync(cancellationToken);
        return item.Exists ? await ReadAsync(item, known, cancellationToken) : null;
    }

    /// <summary>Whether every document of a registry is in the store, as it was written.</summary>
    /// <exception cref="StateStoreException">It could not be seen.</exception>
    public async Task<bool> IsWholeAsync(AppliedRegistry applied, CancellationToken cancellationToken)
    {
        var documents = RegistryDocuments.Write(applied).Documents;
        foreach (var chunk in documents.Keys.Chunk(options.MaxBatchKeys))
        {
            if ((await MissingAsync(chunk, documents, cancellationToken)).Count > 0)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Applies a registry over the one in the store.</summary>
    /// <param name="to">The registry.</param>
    /// <param name="over">The version that it is to be applied over; null for whichever there is.</param>
    /// <param name="known">The registries that the caller has, the newest last: one that vanished from the store, or cannot be read there, is applied over all the same.</param>
    /// <param name="isDryRun">Whether only to say what would change.</param>
    /// <param name="cancellationToken">Gives up; whether it was applied is then not known.</param>
    /// <exception cref="StateStoreException">Whether it was applied is not known; applying it again is harmless.</exception>
    public async Task<ApplyOutcome> ApplyAsync(
        Model.Registry to, int? over, IReadOnlyList<AppliedRegistry> known, bool isDryRun, CancellationToken cancellationToken)
    {
        var newest = known.Count > 0 ? known[^1] : null;
        var root = await RootAsync(cancellationToken);
        var stored = await ReadForApplyAsync(root, to, newest, cancellationToken);
        var current = Newer(stored, newest) ?? AppliedRegistry.None;
        if (over is { } expected && expected != current.Version)
        {
            var before = known.LastOrDefault(one => one.Version == expected);
            return new ApplyOutcome(ApplyResult.Overtaken, current, before is null ? [] : RegistryPlan.Of(before.Registry, current.Registry));
        }

        var changes = RegistryPlan.Of(current, to);
        // An unchanged registry that the store has lost is written once more.
        var next = current.Next(to, Timestamp.From(time.GetUtcNow()));
        var (nextRoot, documents) = RegistryDocuments.Write(next);
        changes = [.. changes.Select(change => RefuseTooLarge(change, documents))];
        if (changes.Any(change => change.Refusals.Count > 0))
        {
            return new ApplyOutcome(ApplyResult.Refused, current, changes);
        }

        if (isDryRun)
        {
            return new ApplyOutcome(ApplyResult.Planned, current, changes);
        }

        if (changes.Count == 0 && stored is not null && stored.AppliedAt == current.AppliedAt)
        {
            // Of an unchanged registry the store may have lost a part.
            await SaveDocumentsAsync(RegistryDocuments.Write(current).Documents, cancellationToken);
            return new ApplyOutcome(ApplyResult.Applied, current, changes);
        }

        await SaveDocumentsAsync(documents, cancellationToken);
        var saved = await store.SaveAsync([new StateSave(RegistryDocuments.RootKey, nextRoot, root.ETag, null)], options.SaveTimeout, cancellationToken);
        if (saved == SaveResult.Saved)
        {
            return new ApplyOutcome(ApplyResult.Applied, next, changes);
        }

        // A conflict may be an outage, and an unclear save may have succeeded: what is there now tells.
        var after = await ReadAsync(current, cancellationToken);
        if (after is not null && after.AppliedAt == next.AppliedAt && after.Registry.Equals(to))
        {
            return new ApplyOutcome(ApplyResult.Applied, after, changes);
        }

        return after is not null && after.AppliedAt > current.AppliedAt
            ? new ApplyOutcome(ApplyResult.Overtaken, after, RegistryPlan.Of(current.Registry, after.Registry))
            : throw new StateStoreException("The registry could not be saved. Applying it again is harmless.");
    }

    private RegistryChange RefuseTooLarge(RegistryChange change, Dictionary<string, ReadOnlyMemory<byte>> documents)
    {
        var prefix = $"{RegistryDocuments.RootKey}/{change.What}s/{change.Name}/";
        var document = documents.FirstOrDefault(one => one.Key.StartsWith(prefix, StringComparison.Ordinal)).Value;
        return document.Length <= options.MaxMessageBytes ? change : change with
        {
            Refusals = [.. change.Refusals, $"Its declaration has {document.Length} bytes, and the sidecar takes {options.MaxMessageBytes} in one message. Make two of it."],
        };
    }

    /// <summary>The newer of two registries: the one that was applied later.</summary>
    internal static AppliedRegistry? Newer(AppliedRegistry? a, AppliedRegistry? b) =>
        a is null || (b is not null && b.AppliedAt > a.AppliedAt) ? b : a;

    private async Task<StateItem> RootAsync(CancellationToken cancellationToken)
    {
        var item = (await store.GetAsync([RegistryDocuments.RootKey], options.ReadTimeout, cancellationToken))[0];
        return item.Error is null ? item : throw item.Failure(RegistryDocuments.RootKey);
    }

    private async Task<AppliedRegistry> ReadAsync(StateItem item, AppliedRegistry? known, CancellationToken cancellationToken)
    {
        var root = RegistryDocuments.ReadRoot(item.Data);
        return known is not null && root.Version == known.Version && root.AppliedAt == known.AppliedAt.ToString()
            ? known
            : RegistryDocuments.Read(root, await ReadDocumentsAsync([.. root.Views.Values, .. root.Services.Values], cancellationToken));
    }

    /// <summary>The registry in the store; null where there is none, or none that can be read although the caller knows one.</summary>
    private async Task<AppliedRegistry?> ReadForApplyAsync(StateItem item, Model.Registry to, AppliedRegistry? known, CancellationToken cancellationToken)
    {
        if (!item.Exists)
        {
            return null;
        }

        try
        {
            return await ReadAsync(item, known, cancellationToken);
        }
        catch (StoredRowFormatException) when (known is { Version: > 0 })
        {
            return null;
        }
        catch (StoredRowFormatException)
        {
            // What is to be applied may well be what the store has lost a part of.
            var provided = new Dictionary<string, ReadOnlyMemory<byte>>(_known, StringComparer.Ordinal);
            foreach (var (key, document) in RegistryDocuments.Write(AppliedRegistry.None.Next(to, Timestamp.From(time.GetUtcNow()))).Documents)
            {
                provided[key] = document;
            }

            _known = provided;
            return await ReadAsync(item, known, cancellationToken);
        }
    }

    private async Task<Dictionary<string, ReadOnlyMemory<byte>>> ReadDocumentsAsync(List<string> keys, CancellationToken cancellationToken)
    {
        var known = _known;
        var documents = new Dictionary<string, ReadOnlyMemory<byte>>(keys.Count, StringComparer.Ordinal);
        foreach (var key in keys)
        {
            if (known.TryGetValue(key, out var document))
            {
                documents[key] = document;
            }
        }

        foreach (var chunk in keys.Where(key => !documents.ContainsKey(key)).Chunk(options.MaxBatchKeys))
        {
            var items = await store.GetAsync(chunk, options.ReadTimeout, cancellationToken);
            for (var i = 0; i < chunk.Length; i++)
            {
                documents[chunk[i]] = items[i] switch
                {
                    { Error: not null } => throw items[i].Failure(chunk[i]),
                    { Exists: false } => throw new StoredRowFormatException($"The document '{chunk[i]}' of the registry is missing from the store. Apply the registry again."),
                    var item => item.Data,
                };
            }
        }

        _known = documents;
        return documents;
    }

    /// <summary>Saves the documents that are not there yet. Whoever else saves one saves the same text.</summary>
    private async Task SaveDocumentsAsync(Dictionary<string, ReadOnlyMemory<byte>> documents, CancellationToken cancellationToken)
    {
        foreach (var chunk in documents.Keys.Chunk(options.MaxBatchKeys))
        {
            var missing = await MissingAsync(chunk, documents, cancellationToken);
            foreach (var message in InMessages(missing))
            {
                if (await store.SaveAsync(message, options.SaveTimeout, cancellationToken) != SaveResult.Saved
                    && (await MissingAsync([.. message.Select(save => save.Key)], documents, cancellationToken)).Count > 0)
                {
                    throw new StateStoreException("The documents of the registry could not be saved. Applying it again is harmless.");
                }
            }
        }
    }

    private async Task<List<StateSave>> MissingAsync(string[] keys, Dictionary<string, ReadOnlyMemory<byte>> documents, CancellationToken cancellationToken)
    {
        var items = await store.GetAsync(keys, options.ReadTimeout, cancellationToken);
        var missing = new List<StateSave>();
        for (var i = 0; i < keys.Length; i++)
        {
            if (items[i].Error is not null)
            {
                throw items[i].Failure(keys[i]);
            }

            if (!items[i].Exists || !items[i].Data.Span.SequenceEqual(documents[keys[i]].Span))
            {
                missing.Add(new StateSave(keys[i], documents[keys[i]], items[i].ETag, null));
            }
        }

        return missing;
    }

    private IEnumerable<List<StateSave>> InMessages(List<StateSave> saves)
    {
        var message = new List<StateSave>();
        var bytes = 0;
        foreach (var save in saves)
        {
            if (message.Count > 0 && bytes + save.Data.Length > options.MaxMessageBytes)
            {
                yield return message;
                (message, bytes) = ([], 0);
            }

            message.Add(save);
            bytes += save.Data.Length + save.Key.Length + 128;
        }

        if (message.Count > 0)
        {
            yield return message;
        }
    }
}
