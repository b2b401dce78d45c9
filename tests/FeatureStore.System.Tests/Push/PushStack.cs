using FeatureStore.Harness;
using FeatureStore.SystemTests.Declared;
using StackExchange.Redis;

namespace FeatureStore.SystemTests.Push;

/// <summary>Redis, and a feature-api that serves view <c>hot</c> from memory and trusts nothing for long.</summary>
public sealed class PushStack : SharedStack
{
    public const string Registry = """
        {"entities":{"thing":{"keys":{"id":"string"}}},
         "views":{
          "hot":{"entity":"thing","serving":"push","features":{"f":"int64","g":"string"}},
          "short":{"entity":"thing","serving":"push","ttl":"4s","lateness":"1m","features":{"f":"int64"}},
          "fleeting":{"entity":"thing","serving":"push","ttl":"2s","lateness":"1s","features":{"f":"int64"}},
          "cold":{"entity":"thing","features":{"f":"int64"}}},
         "services":{"model":["hot:f","cold:f"]}}
        """;

    private RedisServer? _redis;
    private ConnectionMultiplexer? _connection;

    public IDatabase Redis => _connection!.GetDatabase();

    public RedisServer RedisServer => _redis!;

    protected override async Task<StackOptions?> PrepareAsync()
    {
        _redis = await RedisServer.StartAsync();
        if (_redis is null)
        {
            SkipReason = RedisServer.Missing;
            return null;
        }

        _connection = await _redis.ConnectAsync();
        return new StackOptions
        {
            Components = Repository.PathOf("components"),
            Ingests = 2,
            Environment = new Dictionary<string, string?>
            {
                ["REDIS_HOST"] = _redis.Endpoint,
                ["Resident__MaxStaleness"] = "00:00:03",
                ["Resident__ProbeInterval"] = "00:00:00.5",
                ["Sidecar__ChangeInterval"] = "00:00:00.5",
                ["Streams__Heartbeat"] = "00:00:00.5",
                ["Streams__WriteTimeout"] = "00:00:02",
                ["Streams__MaxStreams"] = "40",
            },
        };
    }

    protected override async Task BeginAsync()
    {
        await Stack.Declare(Registry);
        await BeginsToHoldAsync();
    }

    /// <summary>Waits until rows of view <c>hot</c> are served from memory: what the store loses then goes unnoticed.</summary>
    public async Task BeginsToHoldAsync()
    {
        var tried = 0;
        await Wait.UntilAsync(
            async () =>
            {
                var id = $"held-{Guid.NewGuid():N}-{tried++}";
                await Stack.Ingest.Patch($"/features/{id}?view=hot", """{"f":1}""");
                await Stack.Api.Read($"/features/{id}?view=hot");
                await ForgetAsync("hot", id);
                return (await Stack.Api.Read($"/features/{id}?view=hot")).Status == System.Net.HttpStatusCode.OK;
            },
            "rows to be served from memory");
    }

    /// <summary>Has the store lose a row, behind the back of the feature store.</summary>
    public Task ForgetAsync(string view, string id) => Redis.KeyDeleteAsync($"featurestore||{view}/{id}");

    protected override async ValueTask CleanAsync()
    {
        if (_connection is not null)
        {
            await _connection.DisposeAsync();
        }

        if (_redis is not null)
        {
            await _redis.DisposeAsync();
        }
    }
}
