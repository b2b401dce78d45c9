namespace FeatureStore.Dapr;

/// <summary>A row was saved, but the replicas that hold it in memory could not be told. Writing it again is harmless, and tells them.</summary>
public sealed class UntoldChangeException(string key, Exception inner)
    : StateStoreException($"The row '{key}' was saved, but the replicas that serve it could not be told: {inner.Message}", inner);
