namespace FeatureStore.DevSidecar.PubSub;

/// <summary>A topic that is being delivered.</summary>
internal interface ISubscription
{
    /// <summary>
    /// Takes no further message and waits for those being handled; cancelling the token gives them up.
    /// Returns how many were given up.
    /// </summary>
    Task<int> StopAsync(CancellationToken giveUp);
}
