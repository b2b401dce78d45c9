using FeatureStore.DevSidecar.Metadata;
using FeatureStore.DevSidecar.PubSub;
using FeatureStore.DevSidecar.State;

namespace FeatureStore.DevSidecar.Components;

/// <summary>The components of a sidecar.</summary>
internal sealed class LoadedComponents : IAsyncDisposable
{
    public Dictionary<string, NamedStateStore> Stores { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, NamedBroker> Brokers { get; } = new(StringComparer.Ordinal);

    public List<ComponentInfo> Infos { get; } = [];

    public async ValueTask DisposeAsync()
    {
        foreach (var store in Stores.Values)
        {
            await store.Store.DisposeAsync();
        }

        foreach (var broker in Brokers.Values)
        {
            await broker.Broker.DisposeAsync();
        }
    }
}
