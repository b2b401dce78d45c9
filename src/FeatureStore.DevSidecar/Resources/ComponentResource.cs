namespace FeatureStore.DevSidecar.Resources;

/// <summary>A component whose metadata values are resolved: references looked up, templates expanded.</summary>
internal sealed record ComponentResource(
    string Name,
    string Type,
    string Version,
    bool IgnoreErrors,
    IReadOnlyDictionary<string, string> Metadata,
    string File);
