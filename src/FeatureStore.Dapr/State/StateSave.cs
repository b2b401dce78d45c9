namespace FeatureStore.Dapr;

/// <summary>A document to save by compare-and-swap.</summary>
/// <param name="Key">The state key.</param>
/// <param name="Data">The document.</param>
/// <param name="ETag">The version that was read; null where there was none, to create it.</param>
/// <param name="TtlSeconds">After how many seconds the store may forget it; null for never.</param>
public readonly record struct StateSave(string Key, ReadOnlyMemory<byte> Data, string? ETag, long? TtlSeconds);
