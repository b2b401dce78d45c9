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
    public async Task<AppliedRegistry?> ReadAsync(AppliedRegistry? known, CancellationToken cancellationToken) =>
        (await ReadWithVersionAsync(known, cancellationToken)).Registry;

    /// <summary>Applies a registry over the one in the store.</summary>
    /// <param name="to">The registry.</param>
    /// <param name="over">The version that it is to be applied over; null for whichever there is.</param>
    /// <param name="known">The newest registry that the caller has: one that vanished from the store is applied over all the same.</param>
    /// <param name="isDryRun">Whether only to say what would change.</param>
    /// <param name="cancellationToken">Gives up; whether it was applied is then not known.</param>
    /// <exception cref="StateStoreException">Whether it was applied is not known; applying it again is harmless.</exception>
    public async Task<ApplyOutcome> ApplyAsync(
        Model.Registry to, int? over, AppliedRegistry? known, bool isDryRun, CancellationToken cancellationToken)
    {
        var (stored, etag) = await ReadWithVersionAsync(known, cancellationToken);
        var current = Newer(stored, known) ?? AppliedRegistry.None;
        if (over is { } expected && expected != current.Version)
        {
            return new ApplyOutcome(ApplyResult.Overtaken, current, known?.Version == expected ? RegistryPlan.Of(known, current.Registry) : []);
        }

        var changes = RegistryPlan.Of(current, to);
        if (changes.Any(change => change.Refusals.Count > 0))
        {
            return new ApplyOutcome(ApplyResult.Refused, current, changes);
        }

        if (isDryRun || (changes.Count == 0 && stored is not null && stored.AppliedAt == current.AppliedAt))
        {
            return new ApplyOutcome(isDryRun ? ApplyResult.Planned : ApplyResult.Applied, current, changes);
        }

        // An unchanged registry that the store has lost is written once more.
        var next = current.Next(to, Timestamp.From(time.GetUtcNow()));
        var (root, documents) = RegistryDocuments.Write(next);
        await SaveDocumentsAsync(documents, cancellationToken);
        var saved = await store.SaveAsync([new StateSave(RegistryDocuments.RootKey, root, etag, null)], options.SaveTimeout, cancellationToken);
        if (saved == SaveResult.Saved)
        {
            return new ApplyOutcome(ApplyResult.Applied, next, changes);
        }

        // A conflict may be an outage, and an unclear save may have succeeded: what is there now tells.
        var (after, _) = await ReadWithVersionAsync(current, cancellationToken);
        if (after is not null && after.AppliedAt == next.AppliedAt && after.Registry.Equals(to))
        {
            return new ApplyOutcome(ApplyResult.Applied, after, changes);
        }

        return after is not null && after.AppliedAt > current.AppliedAt
            ? new ApplyOutcome(ApplyResult.Overtaken, after, RegistryPlan.Of(current, after.Registry))
            : throw new StateStoreException("The registry could not be saved. Applying it again is harmless.");
    }

    /// <summary>The newer of two registries: the one that was applied later.</summary>
    internal static AppliedRegistry? Newer(AppliedRegistry? a, AppliedRegistry? b) =>
        a is null || (b is not null && b.AppliedAt > a.AppliedAt) ? b : a;

    private async Task<(AppliedRegistry? Registry, string? ETag)> ReadWithVersionAsync(AppliedRegistry? known, CancellationToken cancellationToken)
    {
        var item = (await store.GetAsync([RegistryDocuments.RootKey], options.ReadTimeout, cancellationToken))[0];
        if (item.Error is not null)
        {
            throw item.Failure(RegistryDocuments.RootKey);
        }

        if (!item.Exists)
        {
            return (null, null);
        }

        var root = RegistryDocuments.ReadRoot(item.Data);
        if (known is not null && root.Version == known.Version && root.AppliedAt == known.AppliedAt.ToString())
        {
            return (known, item.ETag);
        }

        return (RegistryDocuments.Read(root, await ReadDocumentsAsync([.. root.Views.Values, .. root.Services.Values], cancellationToken)), item.ETag);
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
                    { Exists: false } => throw new StateStoreException($"The document '{chunk[i]}' of the registry is missing."),
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
