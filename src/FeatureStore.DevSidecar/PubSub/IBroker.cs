namespace FeatureStore.DevSidecar.PubSub;

/// <summary>A pub/sub component.</summary>
internal interface IBroker : IAsyncDisposable
{
    /// <summary>The capabilities that the metadata API names.</summary>
    IReadOnlyList<string> Capabilities { get; }

    /// <summary>Publishes; a failure is a <see cref="BrokerException"/>.</summary>
    Task PublishAsync(string topic, OutgoingMessage message, CancellationToken cancellationToken);

    /// <summary>
    /// Starts to deliver a topic. Disposing the subscription takes no further message; what is being handled then may
    /// finish until the handler's token is cancelled.
    /// </summary>
    Task<ISubscription> SubscribeAsync(string topic, DeliverySettings settings, MessageHandler handler, CancellationToken cancellationToken);
}
