using System.Net;
using System.Text.Json;
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

    [Fact]
    public async Task An_event_whose_row_alone_the_store_refuses_for_long_is_dead_lettered_and_those_behind_it_go_on()
    {
        await using var redis = await RedisServer.StartAsync();
        Assert.SkipWhen(redis is null, RedisServer.Missing);
        await using var stack = await FeatureStack.StartAsync(new StackOptions
        {
            Components = Repository.PathOf("components"),
            Environment = new Dictionary<string, string?> { ["REDIS_HOST"] = redis.Endpoint, ["Ingest__RefusedFor"] = "00:00:02" },
        });
        await using var connection = await redis.ConnectAsync();
        var database = connection.GetDatabase();
        // One row may be read and not be written, another neither.
        await database.ExecuteAsync(
            "ACL", "SETUSER", "default", "resetkeys", "~feature-*", "~featurestore||$*", "~featurestore||harness/*", "~featurestore||default/good*", "%R~featurestore||default/unwritable*");
        foreach (var id in (string[])["unwritable", "good-beside", "unreadable", "good-behind"])
        {
            await stack.Publish($"{{\"entity_id\":\"{id}\",\"features\":{{\"f\":1}}}}");
        }

        await stack.Becomes("/features/good-behind", """{"f":1}""");
        await stack.Becomes("/features/good-beside", """{"f":1}""");
        var letters = new Dictionary<string, JsonElement>();
        await Wait.UntilAsync(
            async () =>
            {
                var page = (await stack.Ingest.Read("/dead-letters")).Json.GetProperty("dead_letters");
                letters = page.EnumerateArray().GroupBy(letter => JsonElement.Parse(letter.GetProperty("event").GetString()!).GetProperty("data").GetProperty("entity_id").GetString()!)
                    .ToDictionary(group => group.Key, group => group.First());
                return letters.ContainsKey("unwritable") && letters.ContainsKey("unreadable");
            },
            "two dead letters");
        await database.ExecuteAsync("ACL", "SETUSER", "default", "allkeys");
        foreach (var id in (string[])["unwritable", "unreadable"])
        {
            Assert.Contains("The store has refused it", letters[id].GetProperty("reasons")[0].GetString());
            var retried = await stack.Ingest.Send(HttpMethod.Post, $"/dead-letters/{letters[id].GetProperty("number").GetInt64()}/retry", null);
            Assert.Equal(HttpStatusCode.OK, retried.Status);
            await stack.Becomes($"/features/{id}", """{"f":1}""");
        }
    }
}
