namespace FeatureStore.DevSidecar.PubSub;

/// <summary>
/// Handles messages to the end, retries and dead letter included. Returns whether they are settled, so that the broker
/// may forget them; otherwise they stay pending.
/// </summary>
internal delegate Task<bool> MessageHandler(IReadOnlyList<BrokerMessage> messages, CancellationToken cancellationToken);
