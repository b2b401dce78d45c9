using System.Globalization;
using System.Net;
using FeatureStore.Harness;
using StackExchange.Redis;
using Xunit;

namespace FeatureStore.SystemTests;

/// <summary>What lies in Redis, and what several writers and foreign producers do there.</summary>
public sealed class RedisTests : IClassFixture<RedisStack>
{
    private readonly FeatureStack _stack;
    private readonly RedisServer _redis;

    public RedisTests(RedisStack shared)
    {
        Assert.SkipWhen(shared.SkipReason is not null, shared.SkipReason ?? "");
        _stack = shared.Stack;
        _redis = shared.Redis;
    }

    [Fact]
    public async Task A_row_lies_under_a_readable_key_as_a_document_that_a_person_reads()
    {
        await _stack.Ingest.Patch("/features/a%2Fb?view=seen&event_timestamp=2026-01-02T03:04:05Z&created_timestamp=2026-01-02T03:04:06Z", """{"x":1.0}""");
        await using var redis = await _redis.ConnectAsync();
        Assert.Equal(
            """{"v":1,"event_timestamp":"2026-01-02T03:04:05Z","created_timestamp":"2026-01-02T03:04:06Z","features":{"x":1.0}}""",
            (string?)await redis.GetDatabase().HashGetAsync("featurestore||seen/a%2Fb", "data"));
        Assert.Null(await redis.GetDatabase().KeyTimeToLiveAsync("featurestore||seen/a%2Fb"));
    }

    [Fact]
    public async Task The_sample_client_publishes_and_reads_through_a_sidecar_of_its_own()
    {
        var environment = new Dictionary<string, string?>
        {
            ["REDIS_HOST"] = _redis.Endpoint,
            ["DAPR_API_TOKEN"] = _stack.ApiToken,
            ["DAPR_HTTP_PORT"] = FreePort.Next().ToString(CultureInfo.InvariantCulture),
            ["DAPR_GRPC_PORT"] = FreePort.Next().ToString(CultureInfo.InvariantCulture),
        };
        await using var sidecar = ChildProcess.StartProgram(
            "src/FeatureStore.DevSidecar",
            [
                "--app-id", "trips", "--dapr-http-port", environment["DAPR_HTTP_PORT"]!, "--dapr-grpc-port", environment["DAPR_GRPC_PORT"]!,
                "--resources-path", Repository.PathOf("components"), "--peer", $"feature-api={_stack.ApiSidecar.BaseAddress}",
            ],
            environment);
        using var own = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{environment["DAPR_HTTP_PORT"]}") };
        await Wait.UntilAsync(() => FeatureStack.IsOkAsync(own, "/v1.0/healthz"), "the client's sidecar");

        await using var client = ChildProcess.StartProgram("samples/clients/dapr-invoke", ["driver/7"], environment);
        Assert.Equal(0, await client.WaitForExitAsync());
        Assert.Contains("driver/7: last trip 12.5 km, rated 4.9", client.Output);
    }

    [Fact]
    public async Task A_row_that_expires_leaves_Redis_after_its_lateness()
    {
        await _stack.Ingest.Patch("/features/leaves?ttl_seconds=1", """{"x":1}""");
        await using var redis = await _redis.ConnectAsync();
        var key = "featurestore||default/leaves";
        // Not before: its stamp is kept for the least lateness, a second here, after the value's own second.
        var left = await redis.GetDatabase().KeyTimeToLiveAsync(key);
        Assert.InRange(left!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(4));
        await Wait.UntilAsync(async () => !await redis.GetDatabase().KeyExistsAsync(key), $"{key} to leave Redis");
    }

    [Fact]
    public async Task Thousands_of_features_that_expired_are_in_nobodys_way()
    {
        var many = "{" + string.Join(',', Enumerable.Range(0, 8000).Select(i => $"\"f{i}\":{i}")) + "}";
        await _stack.Ingest.Patch("/features/crowd?ttl_seconds=600&event_timestamp=" + DateTimeOffset.UtcNow.AddSeconds(-599).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture), many);
        await Wait.UntilAsync(async () => (await _stack.Api.Read("/features/crowd")).Status == HttpStatusCode.NotFound, "the features to expire");
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(HttpStatusCode.OK, (await _stack.Ingest.Patch("/features/crowd", $"{{\"x\":{i}}}")).Status);
            Assert.Equal($"{{\"x\":{i}}}", (await _stack.Api.Read("/features/crowd")).Features);
        }
    }

    [Fact]
    public async Task A_write_over_a_row_about_to_leave_Redis_waits_until_it_is_gone_and_creates_it_anew()
    {
        await _stack.Ingest.Patch("/features/reborn?ttl_seconds=1", """{"x":1}""");
        var writes = await Task.WhenAll(
            _stack.Ingests[1].Patch("/features/reborn", """{"y":2}"""),
            _stack.Ingests[1].Patch("/features/reborn", """{"z":3}"""),
            _stack.Ingests[1].PostLines("""
                {"entity_id":"reborn","features":{"n":1}}
                {"entity_id":"reborn","features":{"n":2}}
                """));
        Assert.All(writes, write => Assert.Equal(HttpStatusCode.OK, write.Status));
        Assert.Equal("""{"n":2,"y":2,"z":3}""", (await _stack.Api.Read("/features/reborn")).Features);

        // A save over the old row would have counted its version on; its expiry could then have taken the new row along.
        await using var redis = await _redis.ConnectAsync();
        Assert.True((long)await redis.GetDatabase().HashGetAsync("featurestore||default/reborn", "version") <= 3);
        Assert.Null(await redis.GetDatabase().KeyTimeToLiveAsync("featurestore||default/reborn"));
    }

    [Fact]
    public async Task An_event_for_a_row_about_to_leave_Redis_goes_back_to_the_end_of_its_topic_and_is_stored_once_the_row_is_gone()
    {
        await using var redis = await _redis.ConnectAsync();
        var (id, copies) = ("", 0);
        // Where this takes so long that the row has left before its event arrives, there is nothing to wait for.
        for (var round = 0; copies < 2 && round < 20; round++)
        {
            id = $"leaving-{round}-{Guid.NewGuid()}";
            await _stack.Ingest.Patch($"/features/{id}?ttl_seconds=2", """{"x":1}""");
            await _stack.Publish($$$"""{"entity_id":"{{{id}}}","features":{"y":2}}""");
            await _stack.Publish($$$"""{"entity_id":"{{{id}}}-behind","features":{"z":3}}""");
            await _stack.Becomes($"/features/{id}-behind", """{"z":3}""");
            await _stack.Becomes($"/features/{id}", """{"y":2}""");
            var stream = await redis.GetDatabase().StreamRangeAsync("feature-updates");
            copies = stream.Count(entry => entry["data"].ToString().Contains($"\"{id}\"", StringComparison.Ordinal));
        }

        Assert.True(copies >= 2, "the event was never put back");
        Assert.Null(await redis.GetDatabase().KeyTimeToLiveAsync($"featurestore||default/{id}"));
    }

    [Fact]
    public async Task Fact_07_twenty_writers_through_two_replicas_end_in_the_merge_of_all_that_was_acknowledged()
    {
        var start = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var acknowledged = new List<(string Feature, DateTimeOffset Event, int Value)>();
        await Task.WhenAll(Enumerable.Range(0, 20).Select(async writer =>
        {
            var random = new Random(writer);
            for (var i = 0; i < 25; i++)
            {
                var (feature, value) = ($"f{random.Next(6)}", (writer * 1000) + i);
                var time = start.AddSeconds(random.Next(100_000)).AddMicroseconds(value);
                var target = $"/features/contended?event_timestamp={time.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'}";
                var reply = await _stack.Ingests[writer % 2].Patch(target, $"{{\"{feature}\":{value}}}");
                if (reply.Status == HttpStatusCode.OK)
                {
                    lock (acknowledged)
                    {
                        acknowledged.Add((feature, time, value));
                    }
                }
            }
        }));

        Assert.True(acknowledged.Count > 400, $"only {acknowledged.Count} of 500 writes were acknowledged");
        var expected = acknowledged.GroupBy(write => write.Feature)
            .Select(group => group.MaxBy(write => write.Event))
            .OrderBy(write => write.Feature, StringComparer.Ordinal)
            .Select(write => $"\"{write.Feature}\":{write.Value.ToString(CultureInfo.InvariantCulture)}");
        Assert.Equal("{" + string.Join(',', expected) + "}", (await _stack.Api.Read("/features/contended")).Features);
    }

    [Fact]
    public async Task Bare_rows_that_a_foreign_producer_puts_into_the_broker_arrive()
    {
        await using var redis = await _redis.ConnectAsync();
        await redis.GetDatabase().StreamAddAsync("feature-updates", "data", """{"entity_id":"foreign","features":{"f":9007199254740993,"g":1e400}}""");
        await redis.GetDatabase().StreamAddAsync("feature-updates", "data", """[{"entity_id":"foreign2","features":{"f":1.0}}]""");
        await _stack.Becomes("/features/foreign", """{"f":9007199254740993,"g":1e400}""");
        await _stack.Becomes("/features/foreign2", """{"f":1.0}""");
    }

    [Fact]
    public async Task Fact_24_an_event_that_can_never_succeed_ends_in_the_dead_letter_topic_as_it_was()
    {
        await using var redis = await _redis.ConnectAsync();
        await redis.GetDatabase().StreamAddAsync("feature-updates", "data", """{"no":"row"}""");
        var dead = Array.Empty<StreamEntry>();
        await Wait.UntilAsync(
            async () => (dead = await redis.GetDatabase().StreamRangeAsync("feature-updates-dead-letter")).Any(entry => entry["data"].ToString().Contains("\\\"no\\\"", StringComparison.Ordinal) || entry["data"] == """{"no":"row"}"""),
            "the event to be dead-lettered");
    }

    [Fact]
    public async Task A_document_that_is_no_row_is_a_problem_and_is_not_overwritten()
    {
        await using var redis = await _redis.ConnectAsync();
        await redis.GetDatabase().HashSetAsync("featurestore||default/other", [new("data", "{\"v\":3,\"features\":{}}"), new("version", 1), new("first-write", 0)]);
        var read = await _stack.Api.Read("/features/other");
        Assert.Equal((HttpStatusCode.InternalServerError, "urn:featurestore:stored-row-unreadable"), (read.Status, read.Json.GetProperty("type").GetString()));
        Assert.Equal(HttpStatusCode.InternalServerError, (await _stack.Ingest.Patch("/features/other", """{"a":1}""")).Status);
        Assert.Equal("{\"v\":3,\"features\":{}}", (string?)await redis.GetDatabase().HashGetAsync("featurestore||default/other", "data"));
    }

    [Fact]
    public async Task A_key_that_Dapr_did_not_write_fails_its_own_read_and_no_other()
    {
        await using var redis = await _redis.ConnectAsync();
        await redis.GetDatabase().HashSetAsync("featurestore||default/alien", [new("something", "else")]);
        await _stack.Ingest.Patch("/features/neighbour", """{"a":1}""");
        var reads = await Task.WhenAll(_stack.Api.Read("/features/alien"), _stack.Api.Read("/features/neighbour"));
        Assert.Equal(HttpStatusCode.InternalServerError, reads[0].Status);
        Assert.Equal("""{"a":1}""", reads[1].Features);
    }
}
