namespace FeatureStore.DevSidecar.State;

/// <summary>A key-value store with ETags. Keys come prefixed; failures are <see cref="StateStoreException"/>.</summary>
internal interface IStateStore : IAsyncDisposable
{
    /// <summary>The capabilities that the metadata API names.</summary>
    IReadOnlyList<string> Capabilities { get; }

    /// <summary>Whether values saved by HTTP get &lt;&amp;&gt; escaped.</summary>
    bool EscapesHtml { get; }

    /// <summary>Whether an empty value, read alone over HTTP, is told from none.</summary>
    bool TellsEmptyFromNone { get; }

    ValueTask<StateRead> GetAsync(string key, CancellationToken cancellationToken);

    /// <summary>Reads many keys; a key that fails carries its error. At most <paramref name="parallelism"/> at once, if positive.</summary>
    ValueTask<IReadOnlyList<StateRead>> GetManyAsync(IReadOnlyList<string> keys, int parallelism, CancellationToken cancellationToken);

    /// <summary>Saves items independently of each other: returns the errors of those that failed.</summary>
    ValueTask<IReadOnlyList<StateStoreException>> SaveAsync(IReadOnlyList<StateWrite> items, CancellationToken cancellationToken);

    /// <summary>Deletes items independently of each other: returns the errors of those that failed.</summary>
    ValueTask<IReadOnlyList<StateStoreException>> DeleteAsync(IReadOnlyList<StateDelete> items, CancellationToken cancellationToken);
}
