using FeatureStore.DevSidecar.Resources;

namespace FeatureStore.DevSidecar.PubSub.Redis;

/// <summary>The metadata of a <c>pubsub.redis</c> component.</summary>
internal sealed record RedisStreamOptions(
    string ConsumerGroup,
    string Consumer,
    int Concurrency,
    int QueueDepth,
    TimeSpan ProcessingTimeout,
    TimeSpan RedeliverInterval,
    long? MaxLenApprox,
    TimeSpan StreamTtl)
{
    public static RedisStreamOptions Read(ComponentMetadata metadata, string appId)
    {
        metadata.Accept("publishingScopes", "subscriptionScopes", "allowedTopics", "protectedTopics");
        var consumer = metadata.Text("consumerID", appId);
        return new RedisStreamOptions(
            consumer,
            consumer,
            metadata.Integer("concurrency", 10),
            metadata.Integer("queueDepth", 100),
            metadata.Duration("processingTimeout", TimeSpan.FromSeconds(15)),
            metadata.Milliseconds("redeliverInterval", TimeSpan.FromSeconds(15)),
            metadata.OptionalInteger("maxLenApprox"),
            metadata.Duration("streamTTL", TimeSpan.Zero));
    }
}
