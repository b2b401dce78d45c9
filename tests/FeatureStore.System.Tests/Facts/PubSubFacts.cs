using System.Globalization;
using System.Net;
using System.Text;
using FeatureStore.Dapr;
using FeatureStore.Harness;
using Xunit;

namespace FeatureStore.SystemTests.Facts;

/// <summary>Facts of publishing and of Redis Streams, seen from producers.</summary>
[Collection(FactStacks.Redis)]
public sealed class PubSubFacts(RedisStack shared) : RedisFacts(shared)
{
    [Fact]
    public async Task Fact_25_the_log_says_why_an_event_was_dead_lettered_since_the_dead_letter_does_not()
    {
        await Stack.Publish(
            """{"specversion":"1.0","id":"fact-25-event","source":"me","type":"row","datacontenttype":"application/json","data":{"entity_id":"fact-25","ttl_seconds":-1,"features":{"f":1}}}""",
            contentType: "application/cloudevents+json");
        await DeadLetteredAsync("fact-25-event");
        await Wait.UntilAsync(
            () => Task.FromResult(Stack.Logs.Split('\n').Any(line =>
                line.Contains("fact-25-event", StringComparison.Ordinal) && line.Contains("ttl_seconds", StringComparison.Ordinal))),
            "the reason to be logged with the event's id");
    }

    [Fact]
    public async Task Fact_36_replicas_share_one_consumer_group_of_a_fixed_name()
    {
        var groups = await Redis.StreamGroupInfoAsync("feature-updates");
        Assert.Equal("feature-ingest", Assert.Single(groups).Name);
    }

    [Fact]
    public async Task Fact_40_an_array_that_is_published_raw_is_not_lost()
    {
        await Stack.Publish(
            """[{"entity_id":"fact-40-a","features":{"f":1.0}},{"entity_id":"fact-40-b","features":{"f":9007199254740993}}]""",
            "?metadata.rawPayload=true");
        await Stack.Becomes("/features/fact-40-a", """{"f":1.0}""");
        await Stack.Becomes("/features/fact-40-b", """{"f":9007199254740993}""");
    }

    [Fact]
    public async Task Fact_41_an_event_published_with_a_ttl_arrives_and_one_whose_ttl_is_over_is_passed_over()
    {
        await Stack.Publish("""{"entity_id":"fact-41-lives","features":{"f":1}}""", "?metadata.ttlInSeconds=600");
        await Stack.Becomes("/features/fact-41-lives", """{"f":1}""");

        await Redis.StreamAddAsync(
            "feature-updates", "data",
            """{"specversion":"1.0","id":"fact-41-over","source":"me","type":"row","expiration":"2020-01-01T00:00:00Z","data":{"entity_id":"fact-41-over","features":{"f":1}}}""");
        await Wait.UntilAsync(
            () => Task.FromResult(Stack.Logs.Split('\n').Any(line => line.Contains("fact-41-over", StringComparison.Ordinal))), "the event to be seen");
        await Stack.Publish("""{"entity_id":"fact-41-after","features":{"f":1}}""");
        await Stack.Becomes("/features/fact-41-after", """{"f":1}""");
        Assert.Equal(HttpStatusCode.NotFound, (await Stack.Api.Read("/features/fact-41-over")).Status);
        Assert.False(await IsDeadLetteredAsync("fact-41-over"));
    }

    [Fact]
    public async Task Fact_42_JSON_without_a_content_type_is_a_row_all_the_same()
    {
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes("""{"entity_id":"fact-42","features":{"f":1.0,"s":"a \"b\" \\ ü"}}"""));
        using var published = await Stack.IngestSidecar.PostAsync("/v1.0/publish/pubsub/feature-updates", content, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NoContent, published.StatusCode);
        await Stack.Becomes("/features/fact-42", """{"f":1.0,"s":"a \"b\" \\ ü"}""");
    }

    [Fact]
    public async Task Fact_42_what_is_no_JSON_although_it_says_so_is_dead_lettered()
    {
        await Stack.Publish("""{"entity_id":"fact-42-torn","features":{"f":""");
        await DeadLetteredAsync("fact-42-torn");
        Assert.Equal(HttpStatusCode.NotFound, (await Stack.Api.Read("/features/fact-42-torn")).Status);
    }

    [Fact]
    public async Task Fact_43_what_is_refused_is_a_failure_of_its_publication_and_goes_nowhere()
    {
        var broken = await Stack.IngestSidecar.Send(
            HttpMethod.Post, "/v1.0/publish/pubsub/feature-updates", """{"specversion":"1.0","id":"fact-43",""", "application/cloudevents+json");
        Assert.Equal(HttpStatusCode.InternalServerError, broken.Status);
        var unknown = await Stack.IngestSidecar.Send(HttpMethod.Post, "/v1.0/publish/nosuch/feature-updates", """{"entity_id":"fact-43","features":{"f":1}}""");
        Assert.Equal(HttpStatusCode.NotFound, unknown.Status);

        // As the services publish: dead letters and what they tell each other.
        using var connection = new SidecarConnection(new SidecarOptions { GrpcEndpoint = Stack.IngestSidecarGrpc, ApiToken = Stack.ApiToken, PublishTimeout = TimeSpan.FromMinutes(1) });
        var publisher = new EventPublisher(connection, TimeProvider.System);
        var payload = """{"entity_id":"fact-43","features":{"f":1}}"""u8.ToArray();
        await Assert.ThrowsAsync<PublishException>(() => publisher.PublishRawAsync("nosuch", "feature-updates", payload, TestContext.Current.CancellationToken));
        await Assert.ThrowsAsync<PublishException>(() => publisher.PublishAsync("nosuch", "feature-updates", [payload], TestContext.Current.CancellationToken));
        Assert.DoesNotContain(await Redis.StreamRangeAsync("feature-updates"), entry => entry["data"].ToString().Contains("fact-43", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Fact_44_a_batch_of_which_some_were_published_can_be_published_again()
    {
        using var connection = new SidecarConnection(new SidecarOptions { GrpcEndpoint = Stack.IngestSidecarGrpc, ApiToken = Stack.ApiToken, PublishTimeout = TimeSpan.FromMinutes(1) });
        var publisher = new EventPublisher(connection, TimeProvider.System);
        var events = Enumerable.Range(0, 20)
            .Select(i => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(string.Create(
                CultureInfo.InvariantCulture,
                $$$"""{"entity_id":"fact-44-{{{i}}}","event_timestamp":"2026-01-02T03:04:05Z","created_timestamp":"2026-01-02T03:04:06Z","features":{"i":{{{i}}}}}""")))
            .ToList();
        // Between those that are taken one that no sidecar takes.
        byte[] large = [.. Encoding.UTF8.GetBytes($"{{\"entity_id\":\"fact-44-large\",\"features\":{{\"f\":\"{new string('x', 5_000_000)}\"}}}}")];
        await Assert.ThrowsAsync<PublishException>(() => publisher.PublishAsync(
            "pubsub", "feature-updates", [.. events.Take(10), large, .. events.Skip(10)], TestContext.Current.CancellationToken));
        await Stack.Becomes("/features/fact-44-9", """{"i":9}""");
        var before = await DocumentAsync("fact-44-9");
        Assert.Equal(HttpStatusCode.NotFound, (await Stack.Api.Read("/features/fact-44-19")).Status);

        await publisher.PublishAsync("pubsub", "feature-updates", events, TestContext.Current.CancellationToken);
        for (var i = 0; i < 20; i++)
        {
            await Stack.Becomes($"/features/fact-44-{i}", $"{{\"i\":{i}}}");
        }

        Assert.Equal(before, await DocumentAsync("fact-44-9"));
        Assert.Equal(HttpStatusCode.NotFound, (await Stack.Api.Read("/features/fact-44-large")).Status);
    }

    [Fact]
    public async Task Fact_45_foreign_entries_of_the_stream_that_are_no_rows_are_dead_lettered_and_hold_up_no_other()
    {
        await Redis.StreamAddAsync("feature-updates", "data", "fact-45 no JSON");
        await Redis.StreamAddAsync("feature-updates", "data", "\"fact-45 text\"");
        await Redis.StreamAddAsync("feature-updates", "other", "fact-45 no data");
        await Redis.StreamAddAsync("feature-updates", "data", """[{"entity_id":"fact-45-array","features":{"f":1}}]""");
        await Stack.Becomes("/features/fact-45-array", """{"f":1}""");
        await DeadLetteredAsync("fact-45 no JSON");
        await DeadLetteredAsync("fact-45 text");
    }
}
