namespace FeatureStore.Client;

/// <summary>The features of one entity as an <see cref="EdgeCache"/> knows them, and how far that can be from what is true now.</summary>
public sealed class EdgeFeatures
{
    internal EdgeFeatures(EntityFeatures features, TimeSpan staleness, bool isConnected) =>
        (Features, Staleness, IsConnected) = (features, staleness, isConnected);

    /// <summary>
    /// The features; none where the entity has no live one. What has expired by this machine's clock is not among them and has
    /// the status <see cref="FeatureStatus.OutsideMaxAge"/>, whether the store could tell of it or not.
    /// </summary>
    /// <remarks>
    /// <see cref="FeatureMetadata.Age"/> is as of this call, by this machine's clock; <see cref="FeatureMetadata.IsStale"/> is as the
    /// store last said; the versions of the registry and the service are those by which the stream was opened. A default that stands
    /// in for a value comes from the store, so none does for a value that expires offline.
    /// </remarks>
    public EntityFeatures Features { get; }

    /// <summary>
    /// How far this may lie behind the last write that the store acknowledged: the time since the last event of the stream, and how far
    /// behind the replica that sent it said it was.
    /// </summary>
    /// <remarks>
    /// Features that have just come count as 0 until the replica says more, which it does every few seconds. The time that an event
    /// was on its way, and a sleep of the whole machine where its monotonic clock stands still, are not known and not counted.
    /// </remarks>
    public TimeSpan Staleness { get; }

    /// <summary>Whether the stream stands by which changes come in; if not, it is being opened anew.</summary>
    public bool IsConnected { get; }
}
