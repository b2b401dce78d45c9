namespace FeatureStore.Dapr;

/// <summary>The sidecar or its broker did not accept events. Publishing them again later may succeed.</summary>
public sealed class PublishException(string message, Exception? inner = null) : Exception(message, inner);
