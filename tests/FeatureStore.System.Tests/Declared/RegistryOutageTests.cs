using System.Net;
using FeatureStore.Harness;
using StackExchange.Redis;
using Xunit;

namespace FeatureStore.SystemTests.Declared;

/// <summary>A registry that is lost, put back by a backup or not announced.</summary>
public sealed class RegistryOutageTests : IAsyncLifetime
{
    private const string Root = "featurestore||$registry";

    private RedisServer? _redis;
    private FeatureStack _stack = null!;
    private ConnectionMultiplexer _connection = null!;

    public async ValueTask InitializeAsync()
    {
        _redis = await RedisServer.StartAsync();
        Assert.SkipWhen(_redis is null, RedisServer.Missing);
        _connection = await _redis.ConnectAsync();
        _stack = await FeatureStack.StartAsync(new StackOptions
        {
            Components = Repository.PathOf("components"),
            Ingests = 2,
            Environment = new Dictionary<string, string?>
            {
                ["REDIS_HOST"] = _redis.Endpoint,
                // No event ever says that there is a new registry: what is found is found by looking.
                ["Sidecar__Broadcast"] = "no-such-component",
            },
        });
    }

    public async ValueTask DisposeAsync()
    {
        if (_redis is not null)
        {
            await _connection.DisposeAsync();
            await _stack.DisposeAsync();
            await _redis.DisposeAsync();
        }
    }

    [Fact]
    public async Task No_service_forgets_what_it_knows()
    {
        var redis = _connection.GetDatabase();
        var version = await _stack.Declare(RegistryCalls.Flights);
        await _stack.Ingest.Patch("/features/EWR?view=weather", """{"temp":1.5}""");
        var old = await redis.HashGetAllAsync(Root);
        Assert.NotEmpty(old);
        version = await _stack.Declare(RegistryCalls.Flights.Replace("\"freshness\":\"1h\"", "\"freshness\":\"2h\"", StringComparison.Ordinal));

        // It vanishes.
        await redis.KeyDeleteAsync(Root);
        await AlarmAsync("has vanished from the store");
        await ServesAsync(version);

        // An older one comes back, as from a backup.
        await redis.HashSetAsync(Root, old);
        await AlarmAsync("is older than version");
        await ServesAsync(version);

        // Something else lies there.
        await redis.HashSetAsync(Root, "data", "{\"format\":99}");
        await AlarmAsync("format version 99");
        await ServesAsync(version);

        // Applying it once more, as the alarm says, mends it; what the store has lost is not changed by that.
        await redis.KeyDeleteAsync(Root);
        var again = await _stack.Ingest.Apply(RegistryCalls.Flights.Replace("\"freshness\":\"1h\"", "\"freshness\":\"2h\"", StringComparison.Ordinal));
        Assert.Equal((HttpStatusCode.OK, version + 1), (again.Status, again.Version()));
        foreach (var service in _stack.Ingests.Append(_stack.Api))
        {
            await Wait.UntilAsync(async () => (await service.Read("/registry")).Version() == version + 1, "the registry to be found again");
            await Wait.UntilAsync(async () => !(await service.Read("/health/ready")).Body.Contains("Degraded", StringComparison.Ordinal), "the alarm to end");
        }
    }

    [Fact]
    public async Task A_registry_that_nobody_announces_is_found_by_every_replica()
    {
        var version = await _stack.Declare(RegistryCalls.Flights);
        Assert.Contains("could not be announced", _stack.Logs, StringComparison.Ordinal);

        // The other replica applies over what it found.
        var second = await _stack.Ingests[1].Apply(RegistryCalls.Flights.Replace("\"freshness\":\"1h\"", "\"freshness\":\"5m\"", StringComparison.Ordinal), over: version);
        Assert.Equal(HttpStatusCode.OK, second.Status);
        Assert.Equal(HttpStatusCode.PreconditionFailed, (await _stack.Ingests[0].Apply(RegistryCalls.Flights, over: version)).Status);
    }

    [Fact]
    public async Task A_part_that_the_store_has_lost_is_told_and_put_back_by_applying_again()
    {
        var version = await _stack.Declare(RegistryCalls.Flights);
        var redis = _connection.GetDatabase();
        var server = _connection.GetServers()[0];
        var lost = server.Keys(pattern: "featurestore||$registry/views/weather/*").Single();
        await redis.KeyDeleteAsync(lost);

        // The same registry once more puts back what is missing of it.
        var again = await _stack.Ingest.Apply(RegistryCalls.Flights);
        Assert.Equal((HttpStatusCode.OK, version), (again.Status, again.Version()));
        Assert.True(await redis.KeyExistsAsync(lost));

        // The command does so too, although what it would change is nothing; a root that is lost comes back as a newer version.
        await redis.KeyDeleteAsync(Root);
        var mended = await _stack.Ingest.Apply(RegistryCalls.Flights, over: version);
        Assert.Equal((HttpStatusCode.OK, version + 1), (mended.Status, mended.Version()));
    }

    [Fact]
    public async Task What_was_declared_a_moment_ago_is_taken_by_a_replica_that_has_not_heard_of_it()
    {
        await _stack.Declare(RegistryCalls.Flights);
        var more = RegistryCalls.Flights;
        for (var i = 0; i < 5; i++)
        {
            // What was declared stays: an event may come twice, and the second one must not find its view gone.
            more = more.Replace("\"traffic\":", $"\"fresh_{i}\":{{\"entity\":\"airport\",\"features\":{{\"f\":\"int64\"}}}},\"traffic\":", StringComparison.Ordinal);
            Assert.Equal(HttpStatusCode.OK, (await _stack.Ingests[i % 2].Apply(more)).Status);
            var other = _stack.Ingests[(i + 1) % 2];
            Assert.Equal(HttpStatusCode.OK, (await other.Patch($"/features/one?view=fresh_{i}", """{"f":1}""")).Status);
            Assert.Equal(HttpStatusCode.OK, (await other.PostLines($$$"""{"view":"fresh_{{{i}}}","entity_id":"many","features":{"f":2}}""")).Status);
            await _stack.Publish($$$"""{"view":"fresh_{{{i}}}","entity_id":"event","features":{"f":3}}""");
            await _stack.Becomes($"/features/event?view=fresh_{i}", """{"f":3}""");
        }

        // An event with which the harness tried the topic out may come a second time, and finds its view not declared.
        var letters = (await _stack.Ingest.Read("/dead-letters")).Json.GetProperty("dead_letters").GetRawText();
        Assert.False(letters.Contains("fresh_", StringComparison.Ordinal), letters);
    }

    private async Task AlarmAsync(string alarm)
    {
        foreach (var service in _stack.Ingests.Append(_stack.Api))
        {
            await Wait.UntilAsync(
                async () => await service.Read("/health/ready") is { Status: HttpStatusCode.OK } ready && ready.Body.Contains(alarm, StringComparison.Ordinal), $"the alarm '{alarm}'");
        }
    }

    private async Task ServesAsync(int version)
    {
        Assert.Equal(version, (await _stack.Api.Read("/registry")).Version());
        Assert.Equal("""{"temp":1.5}""", (await _stack.Api.Read("/features/EWR?view=weather")).Features);
        Assert.All(
            await Task.WhenAll(_stack.Ingests.Select(ingest => ingest.Patch("/features/EWR?view=weather", """{"tmp":1.5}"""))),
            reply => Assert.Equal(HttpStatusCode.UnprocessableEntity, reply.Status));
    }
}
