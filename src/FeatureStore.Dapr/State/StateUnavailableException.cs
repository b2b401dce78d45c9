namespace FeatureStore.Dapr;

/// <summary>The state store, or the sidecar before it, cannot be reached or does not answer: nothing else will fare better now.</summary>
public sealed class StateUnavailableException(string message, Exception? inner = null) : StateStoreException(message, inner);
