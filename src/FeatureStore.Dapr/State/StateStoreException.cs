namespace FeatureStore.Dapr;

/// <summary>The state store, or the sidecar before it, did not do what it was asked. Trying again later may succeed.</summary>
public class StateStoreException(string message, Exception? inner = null) : Exception(message, inner);
