namespace FeatureStore.DevSidecar.PubSub.Sqlite;

/// <summary>A subscription as a member of its topic's consumer group.</summary>
internal sealed record GroupMember(string Topic, long Group, long Id);
