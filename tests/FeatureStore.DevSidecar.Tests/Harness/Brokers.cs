namespace FeatureStore.DevSidecar.Tests.Harness;

/// <summary>The brokers that a test runs over.</summary>
public static class Brokers
{
    public const string InMemory = "pubsub.in-memory";
    public const string Redis = "pubsub.redis";

    public static TheoryData<string> All => [InMemory, Redis];

    internal static string Component(string type, SharedRedis redis, params (string, string)[] more)
    {
        if (type == Redis)
        {
            redis.Server.SkipIfMissing();
        }

        // Every test has a consumer group of its own, and topics with names of its own.
        (string, string)[] own = type == Redis
            ? [("redisHost", redis.Server.Host), ("concurrency", "100"), ("queueDepth", "1000")]
            : [];
        return Yaml.Component("ps", type, [.. own, .. more]);
    }

    public static string NewTopic() => "t" + Guid.NewGuid().ToString("N");
}
