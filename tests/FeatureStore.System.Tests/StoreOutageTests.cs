using System.Net;
using FeatureStore.Harness;
using Xunit;

namespace FeatureStore.SystemTests;

/// <summary>The store is away while the broker is not.</summary>
public sealed class StoreOutageTests
{
    [Fact]
    public async Task Fact_23_events_published_while_the_store_is_away_arrive_when_it_is_back()
    {
        await using var broker = await RedisServer.StartAsync();
        Assert.SkipWhen(broker is null, RedisServer.Missing);
        await using var store = await RedisServer.StartAsync();
        using var components = new ComponentFolder("components", ("REDIS_HOST", "BROKER_HOST"));
        var statestore = Path.Combine(components.Path, "statestore.yaml");
        await File.WriteAllTextAsync(
            statestore,
            (await File.ReadAllTextAsync(statestore, TestContext.Current.CancellationToken)).Replace("BROKER_HOST", "STORE_HOST", StringComparison.Ordinal),
            TestContext.Current.CancellationToken);
        await using var stack = await FeatureStack.StartAsync(new StackOptions
        {
            Components = components.Path,
            Environment = new Dictionary<string, string?> { ["BROKER_HOST"] = broker.Endpoint, ["STORE_HOST"] = store!.Endpoint },
        });

        await store.StopAsync();
        for (var i = 0; i < 20; i++)
        {
            await stack.Publish($"{{\"entity_id\":\"during-{i}\",\"features\":{{\"f\":{i}}}}}");
        }

        await Wait.UntilAsync(async () => (await stack.Ingest.Read("/health/ready")).Status == HttpStatusCode.ServiceUnavailable, "the outage to show");
        await store.RunAsync();
        for (var i = 0; i < 20; i++)
        {
            await stack.Becomes($"/features/during-{i}", $"{{\"f\":{i}}}");
        }

        await using var redis = await broker.ConnectAsync();
        Assert.Equal(0, await redis.GetDatabase().StreamLengthAsync("feature-updates-dead-letter"));
    }
}
