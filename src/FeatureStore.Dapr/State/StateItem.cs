using FeatureStore.Model;

namespace FeatureStore.Dapr;

/// <summary>What the state store holds under one key.</summary>
/// <param name="Data">The document; empty if there is none.</param>
/// <param name="ETag">The version to save over; null if there is no document.</param>
/// <param name="Error">Why this key could not be read, although others were.</param>
public readonly record struct StateItem(ReadOnlyMemory<byte> Data, string? ETag, string? Error)
{
    public bool Exists => ETag is not null;

    /// <summary>Whether there is a document that no compare-and-swap can save over, since something else than Dapr wrote it.</summary>
    public bool LacksVersion => ETag is { Length: 0 };

    /// <summary>
    /// Whether the key cannot be read because something else than Dapr wrote what lies there. Unlike an outage of a part of
    /// the store this does not mend by itself, and Dapr tells the two apart by nothing but this text of its Redis component.
    /// </summary>
    public bool IsForeign => Error is { } error
        && (error.Contains("required hash field", StringComparison.Ordinal) || error.Contains("WRONGTYPE", StringComparison.Ordinal));

    /// <summary>What a key that could not be read means to whoever asked for it.</summary>
    internal Exception Failure(string key) => IsForeign
        ? new StoredRowFormatException($"What lies under '{key}' was not written by the feature store: {Error}")
        : new StateStoreException($"The row '{key}' could not be read: {Error}");
}
