namespace FeatureStore.DevSidecar.PubSub;

/// <summary>A broker under its component's name.</summary>
internal sealed record NamedBroker(string Name, IBroker Broker, TopicScopes Scopes);
