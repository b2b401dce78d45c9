namespace FeatureStore.Model;

/// <summary>A document in the state store is no stored row that this version can read.</summary>
public sealed class StoredRowFormatException(string message, Exception? inner = null) : Exception(message, inner);
