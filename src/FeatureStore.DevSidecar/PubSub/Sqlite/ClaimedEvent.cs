namespace FeatureStore.DevSidecar.PubSub.Sqlite;

/// <summary>An event that a member has claimed.</summary>
internal readonly record struct ClaimedEvent(long Id, ReadOnlyMemory<byte> Data, IReadOnlyDictionary<string, string>? Metadata);
