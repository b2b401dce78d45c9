namespace FeatureStore.DevSidecar.Metadata;

/// <summary>A loaded component.</summary>
internal sealed record ComponentInfo(string Name, string Type, string Version, IReadOnlyList<string> Capabilities);
