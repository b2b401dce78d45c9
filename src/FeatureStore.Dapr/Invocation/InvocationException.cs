namespace FeatureStore.Dapr;

/// <summary>Another service could not be reached through the sidecar, or did not answer in time. Whether it did what it was asked is not known.</summary>
public sealed class InvocationException(string message, Exception? inner = null) : Exception(message, inner);
