using FeatureStore.Model;

namespace FeatureStore.Dapr;

/// <summary>A row cannot be stored because what would be stored of its entity is larger than allowed. Nothing of it was stored.</summary>
public sealed class RowTooLargeException(string key)
    : Exception($"With this row, what is stored under '{key}' would be larger than {StoredRowCodec.MaxDocumentBytes} bytes.");
