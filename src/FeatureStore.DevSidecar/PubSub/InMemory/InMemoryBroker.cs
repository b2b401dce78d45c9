using Microsoft.Extensions.Logging;

namespace FeatureStore.DevSidecar.PubSub.InMemory;

/// <summary>
/// <c>pubsub.in-memory</c>, as daprd's: a bulk holds one event, and what is published while the app is unhealthy is gone.
/// Else an event stays in memory until it succeeds or is dead-lettered.
/// </summary>
internal sealed class InMemoryBroker(InMemoryTopics topics, string group, TimeProvider time, ILogger<InMemoryBroker> logger) : IBroker
{
    // daprd hands over every event at once; this only bounds what a slow app has in hands.
    private const int Concurrency = 1000;

    public IReadOnlyList<string> Capabilities => [];

    public Task PublishAsync(string topic, OutgoingMessage message, CancellationToken cancellationToken)
    {
        topics.Publish(topic, message);
        return Task.CompletedTask;
    }

    public Task<ISubscription> SubscribeAsync(
        string topic, DeliverySettings settings, MessageHandler handler, CancellationToken cancellationToken)
    {
        var queue = topics.Join(topic, group, settings.IsAppHealthy);
        var pump = new MessagePump(
            queue,
            settings with { Bulk = settings.Bulk is { } bulk ? bulk with { MaxMessagesCount = 1 } : null },
            Concurrency,
            handler,
            (messages, settled) =>
            {
                // What is not settled goes to another member of the group, if there is one.
                foreach (var message in settled ? [] : messages)
                {
                    queue.Writer.TryWrite(new BrokerMessage(message.Id, message.Data, message.Metadata));
                }

                return ValueTask.CompletedTask;
            },
            time,
            logger);
        return Task.FromResult<ISubscription>(new Subscription(pump, () => topics.Leave(topic, group, settings.IsAppHealthy)));
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private sealed class Subscription(MessagePump pump, Action leave) : ISubscription
    {
        public async Task<int> StopAsync(CancellationToken giveUp)
        {
            var left = await pump.StopAsync(giveUp);
            leave();
            return left;
        }
    }
}
