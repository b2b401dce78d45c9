namespace FeatureStore.DevSidecar.PubSub;

/// <summary>One entry of a bulk publish.</summary>
internal readonly record struct BulkEntry(
    string EntryId, ReadOnlyMemory<byte> Data, string ContentType, IReadOnlyDictionary<string, string>? Metadata);
