using FeatureStore.DevSidecar.Errors;

namespace FeatureStore.DevSidecar.State;

/// <summary>What the state API does whatever the protocol: finds the store, checks and prefixes keys, words errors.</summary>
internal sealed class StateApi(string appId, IReadOnlyDictionary<string, NamedStateStore> stores)
{
    public IReadOnlyDictionary<string, NamedStateStore> Stores => stores;

    public NamedStateStore Find(string name) => stores.TryGetValue(name, out var store) ? store
        : stores.Count == 0 ? throw StateErrors.NotConfigured(appId)
        : throw StateErrors.NotFound(name, appId);

    public async ValueTask<StateRead> GetAsync(NamedStateStore store, string key, CancellationToken cancellationToken)
    {
        CheckKey(store, key);
        try
        {
            return await store.Store.GetAsync(store.StoredKey(key), cancellationToken);
        }
        catch (StateStoreException error)
        {
            throw StateErrors.Get(store.Name, key, error);
        }
    }

    public ValueTask<IReadOnlyList<StateRead>> GetManyAsync(
        NamedStateStore store, IReadOnlyList<string> keys, int parallelism, CancellationToken cancellationToken)
    {
        foreach (var key in keys)
        {
            CheckKey(store, key);
        }

        return keys.Count == 0 ? new([]) : store.Store.GetManyAsync(store.StoredKeys(keys), parallelism, cancellationToken);
    }

    /// <summary>Saves items whose keys are not prefixed yet.</summary>
    public async ValueTask SaveAsync(NamedStateStore store, StateWrite[] items, CancellationToken cancellationToken)
    {
        for (var i = 0; i < items.Length; i++)
        {
            CheckKey(store, items[i].Key);
            items[i] = items[i] with { Key = store.StoredKey(items[i].Key) };
        }

        if (items.Length > 0)
        {
            var errors = await store.Store.SaveAsync(items, cancellationToken);
            ThrowIfAny(errors, items.Length, e => StateErrors.Save(store.Name, e));
        }
    }

    /// <summary>Deletes items whose keys are not prefixed yet.</summary>
    public async ValueTask DeleteAsync(NamedStateStore store, StateDelete[] items, bool bulk, CancellationToken cancellationToken)
    {
        var key = items.Length > 0 ? items[0].Key : "";
        for (var i = 0; i < items.Length; i++)
        {
            CheckKey(store, items[i].Key);
            items[i] = items[i] with { Key = store.StoredKey(items[i].Key) };
        }

        if (items.Length > 0)
        {
            var errors = await store.Store.DeleteAsync(items, cancellationToken);
            ThrowIfAny(errors, items.Length, e => bulk ? StateErrors.DeleteBulk(store.Name, e) : StateErrors.Delete(key, e));
        }
    }

    private static void ThrowIfAny(IReadOnlyList<StateStoreException> errors, int items, Func<StateStoreException, ApiException> word)
    {
        if (errors.Count > 0)
        {
            throw word(items == 1 ? errors[0] : StateStoreException.Combine(errors));
        }
    }

    private static void CheckKey(NamedStateStore store, string key)
    {
        if (key.Contains(NamedStateStore.Separator, StringComparison.Ordinal))
        {
            throw StateErrors.IllegalKey(store.Name, key);
        }
    }
}
