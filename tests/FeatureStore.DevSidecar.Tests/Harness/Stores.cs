namespace FeatureStore.DevSidecar.Tests.Harness;

/// <summary>The state stores that a test runs over.</summary>
public static class Stores
{
    public const string InMemory = "state.in-memory";
    public const string Sqlite = "state.sqlite";
    public const string Redis = "state.redis";

    public static TheoryData<string> All => [InMemory, Sqlite, Redis];

    public static TheoryData<string> NotRedis => [InMemory, Sqlite];

    internal static string Component(string type, SharedRedis redis, string name = "store", params (string, string)[] more)
    {
        if (type == Redis)
        {
            redis.Server.SkipIfMissing();
        }

        (string, string)[] own = type switch
        {
            Sqlite => [("connectionString", "state.db")],
            Redis => [("redisHost", redis.Server.Host)],
            _ => [],
        };
        return Yaml.Component(name, type, [("keyPrefix", "none"), .. own, .. more]);
    }
}
