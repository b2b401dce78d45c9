using System.Collections.Concurrent;

namespace FeatureStore.DevSidecar.PubSub.InMemory;

/// <summary>
/// The in-memory brokers of one process, by component name. Sidecars given the same instance exchange events; each
/// consumer group gets every event once.
/// </summary>
public sealed class InProcessBrokers
{
    private readonly ConcurrentDictionary<string, InMemoryTopics> _brokers = new(StringComparer.Ordinal);

    internal InMemoryTopics Get(string component) => _brokers.GetOrAdd(component, _ => new InMemoryTopics());
}
