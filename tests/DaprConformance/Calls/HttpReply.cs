namespace FeatureStore.DaprConformance.Calls;

/// <summary>What a sidecar answered to an HTTP call.</summary>
public sealed record HttpReply(int Status, IReadOnlyDictionary<string, string> Headers, byte[] Body);
