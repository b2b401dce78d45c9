namespace FeatureStore.Dapr;

/// <summary>What the state store holds under one key.</summary>
/// <param name="Data">The document; empty if there is none.</param>
/// <param name="ETag">The version to save over; null if there is no document.</param>
/// <param name="Error">Why this key could not be read, although others were.</param>
public readonly record struct StateItem(ReadOnlyMemory<byte> Data, string? ETag, string? Error)
{
    public bool Exists => ETag is not null;
}
