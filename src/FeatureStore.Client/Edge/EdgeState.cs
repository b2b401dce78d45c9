namespace FeatureStore.Client;

/// <summary>What is known of an entity at the edge.</summary>
/// <param name="Features">The features that the stream brought last.</param>
/// <param name="HeardAt">When its last event came, by the monotonic clock.</param>
/// <param name="Lag">How far behind the store the replica that sent it said it was.</param>
/// <param name="IsConnected">Whether the stream stands.</param>
internal sealed record EdgeState(ExpiringFeatures Features, long HeardAt, TimeSpan Lag, bool IsConnected)
{
    public TimeSpan Staleness(TimeProvider time) => time.GetElapsedTime(HeardAt) + Lag;
}
