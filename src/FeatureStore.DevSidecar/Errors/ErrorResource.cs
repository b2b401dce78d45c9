namespace FeatureStore.DevSidecar.Errors;

/// <summary>The google.rpc.ResourceInfo of an error.</summary>
internal sealed record ErrorResource(string Type, string Name, string Description);
