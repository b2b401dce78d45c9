namespace FeatureStore.DevSidecar.PubSub;

/// <summary>The W3C trace headers of a request; empty where it had none.</summary>
internal readonly record struct TraceContext(string Parent, string State);
