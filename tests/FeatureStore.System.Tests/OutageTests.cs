using System.Net;
using FeatureStore.Harness;
using Xunit;

namespace FeatureStore.SystemTests;

/// <summary>What the services do while the sidecar or Redis is away, and that they need no restart afterwards.</summary>
public sealed class OutageTests : IAsyncLifetime
{
    private RedisServer? _redis;
    private FeatureStack? _running;

    private FeatureStack Stack => _running!;

    public async ValueTask InitializeAsync()
    {
        _redis = await RedisServer.StartAsync();
        if (_redis is not null)
        {
            _running = await FeatureStack.StartAsync(new StackOptions
            {
                Components = Repository.PathOf("components"),
                Environment = new Dictionary<string, string?> { ["REDIS_HOST"] = _redis.Endpoint },
            });
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_running is not null)
        {
            await _running.DisposeAsync();
        }

        if (_redis is not null)
        {
            await _redis.DisposeAsync();
        }
    }

    [Fact]
    public async Task While_Redis_is_away_calls_are_503_and_readiness_is_red_and_all_recovers_by_itself()
    {
        Assert.SkipWhen(_redis is null, RedisServer.Missing);
        await Stack.Ingest.Patch("/features/a", """{"f":1}""");
        await _redis.StopAsync();

        await Is503Async(() => Stack.Api.Read("/features/a"));
        await Is503Async(() => Stack.Ingest.Patch("/features/a", """{"f":2}"""));
        await Is503Async(() => Stack.Ingest.Delete("/features/a"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await Stack.Api.Read("/health/ready")).Status);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await Stack.Ingest.Read("/health/ready")).Status);
        Assert.Equal(HttpStatusCode.OK, (await Stack.Ingest.Read("/health/live")).Status);

        var bulk = await Stack.Ingest.PostLines(
            string.Join('\n', Enumerable.Range(0, 5000).Select(i => $"{{\"entity_id\":\"b{i}\",\"features\":{{\"f\":1}}}}")) + "\nbad");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, bulk.Status);
        Assert.Equal(5001, bulk.Json.GetProperty("failed").GetInt32() + bulk.Json.GetProperty("rejected").GetInt32() + bulk.Json.GetProperty("applied").GetInt32());
        var failed = bulk.Json.GetProperty("failed_lines").EnumerateArray().Select(range => (First: range[0].GetInt32(), Last: range[1].GetInt32())).ToArray();
        Assert.Equal(bulk.Json.GetProperty("failed").GetInt32(), failed.Sum(range => range.Last - range.First + 1));
        Assert.Equal(failed, failed.OrderBy(range => range.First));
        Assert.Equal(1, failed[0].First);
        Assert.InRange(failed[^1].Last, 5000, 5001);

        await _redis.RunAsync();
        await Wait.UntilAsync(async () => (await Stack.Ingest.Read("/health/ready")).Status == HttpStatusCode.OK, "feature-ingest to be ready again");
        await Wait.UntilAsync(async () => (await Stack.Ingest.Patch("/features/a", """{"f":3}""")).Status == HttpStatusCode.OK, "writes to go in again");
        await Stack.Becomes("/features/a", """{"f":3}""");

        await Wait.UntilAsync(
            async () =>
            {
                var published = await Stack.IngestSidecar.Send(HttpMethod.Post, "/v1.0/publish/pubsub/feature-updates", """{"entity_id":"event-after","features":{"f":1}}""");
                return published.Status == HttpStatusCode.NoContent;
            },
            "events to be published again");
        await Stack.Becomes("/features/event-after", """{"f":1}""");
    }

    [Fact]
    public async Task While_the_sidecar_hangs_or_is_gone_calls_are_503_and_all_recovers_by_itself()
    {
        Assert.SkipWhen(_redis is null, RedisServer.Missing);
        await Stack.Ingest.Patch("/features/a", """{"f":1}""");

        Stack.IngestSidecarProcess.Signal("STOP");
        await Is503Async(() => Stack.Ingest.Patch("/features/a", """{"f":2}"""));
        var many = await Task.WhenAll(Enumerable.Range(0, 300).Select(i => Stack.Ingest.Patch($"/features/m{i}", """{"f":2}""")));
        Assert.All(many, reply => Assert.Equal(HttpStatusCode.ServiceUnavailable, reply.Status));
        Stack.IngestSidecarProcess.Signal("CONT");
        await Wait.UntilAsync(async () => (await Stack.Ingest.Patch("/features/a", """{"f":3}""")).Status == HttpStatusCode.OK, "writes to go in again");

        Stack.IngestSidecarProcess.Signal("KILL");
        await Stack.IngestSidecarProcess.WaitForExitAsync();
        await Is503Async(() => Stack.Ingest.Patch("/features/a", """{"f":4}"""));
        var ready = await Stack.Ingest.Read("/health/ready");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.Status);
        Assert.Contains("cannot be reached", ready.Json.GetProperty("checks").GetProperty("sidecar").GetProperty("description").GetString(), StringComparison.Ordinal);

        Stack.RestartIngestSidecar();
        await Wait.UntilAsync(async () => (await Stack.Ingest.Patch("/features/a", """{"f":5}""")).Status == HttpStatusCode.OK, "writes to go in again");
        Assert.Equal("""{"f":5}""", (await Stack.Api.Read("/features/a")).Features);
    }

    [Fact]
    public async Task A_read_through_a_sidecar_that_is_away_is_503_too()
    {
        Assert.SkipWhen(_redis is null, RedisServer.Missing);
        Stack.ApiSidecarProcess.Signal("STOP");
        await Is503Async(() => Stack.Api.Read("/features/a"));
        await Is503Async(() => Stack.Api.Read("/features/a?view=v,w"));
        Stack.ApiSidecarProcess.Signal("CONT");
        await Wait.UntilAsync(async () => (await Stack.Api.Read("/features/a")).Status == HttpStatusCode.NotFound, "reads to be answered again");
    }

    [Fact]
    public async Task An_event_whose_stored_row_cannot_be_read_is_dead_lettered_and_blocks_nobody()
    {
        Assert.SkipWhen(_redis is null, RedisServer.Missing);
        await using var redis = await _redis.ConnectAsync();
        await redis.GetDatabase().HashSetAsync("featurestore||default/blocked", [new("data", "{\"v\":3}"), new("version", 1), new("first-write", 0)]);
        await Stack.Publish("""{"entity_id":"blocked","features":{"f":1}}""");
        await Stack.Publish("""{"entity_id":"unblocked","features":{"f":1}}""");
        await Stack.Becomes("/features/unblocked", """{"f":1}""");
        await Wait.UntilAsync(
            async () => (await redis.GetDatabase().StreamRangeAsync("feature-updates-dead-letter"))
                .Any(entry => entry["data"].ToString().Contains("\"entity_id\":\"blocked\"", StringComparison.Ordinal)),
            "the event to be dead-lettered");
    }

    private static async Task Is503Async(Func<Task<Reply>> call)
    {
        // The first calls may still find a connection that works.
        Reply reply = null!;
        await Wait.UntilAsync(async () => (reply = await call()).Status != HttpStatusCode.OK, "the outage to show");
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "application/problem+json"), (reply.Status, reply.ContentType));
        Assert.Equal("urn:featurestore:unavailable", reply.Json.GetProperty("type").GetString());
        Assert.NotNull(reply.RetryAfter);
    }
}
