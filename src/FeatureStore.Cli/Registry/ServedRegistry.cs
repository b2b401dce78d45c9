namespace FeatureStore.Cli.Registry;

/// <summary>The registry that a service holds.</summary>
/// <param name="Version">Its version; 0 where none was ever applied.</param>
/// <param name="AppliedAt">When it was applied, in RFC 3339; null where none was.</param>
/// <param name="Registry">What it declares.</param>
/// <param name="Deletable">What it declares, and what it declared before and can be deleted still.</param>
/// <param name="Json">The service's reply.</param>
internal sealed record ServedRegistry(long Version, string? AppliedAt, Model.Registry Registry, Model.Registry Deletable, byte[] Json);
