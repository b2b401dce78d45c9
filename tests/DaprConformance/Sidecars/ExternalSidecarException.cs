namespace FeatureStore.DaprConformance.Sidecars;

/// <summary>Why nothing can be compared with the sidecar as it is; the message says what to do.</summary>
public sealed class ExternalSidecarException(string message, Exception? inner = null) : Exception(message, inner);
