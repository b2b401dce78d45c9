using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Xunit;

namespace FeatureStore.SystemTests.Facts;

/// <summary>Facts of delivery, seen from the sidecar: what feature-ingest answers to it.</summary>
[Collection(FactStacks.Redis)]
public sealed class DeliveryFacts(RedisStack shared) : RedisFacts(shared)
{
    private const string Route = "/events/feature-updates";

    [Fact]
    public async Task Fact_27_a_reply_names_every_entry()
    {
        var reply = await DeliverAsync(0, [
            ("e1", """{"entity_id":"fact-27-1","features":{"f":1}}"""),
            ("e2", "no row"),
            ("e3", CloudEvent("fact-27-event", """{"entity_id":"fact-27-3","features":{"f":3}}""")),
            ("e4", ""),
        ]);
        Assert.Equal(
            """{"statuses":[{"entryId":"e1","status":"SUCCESS"},{"entryId":"e2","status":"SUCCESS"},{"entryId":"e3","status":"SUCCESS"},{"entryId":"e4","status":"SUCCESS"}]}""",
            reply.Body);
        Assert.Equal((HttpStatusCode.OK, "application/json"), (reply.Status, reply.ContentType));
    }

    [Fact]
    public async Task Fact_25_an_event_without_a_noted_reason_is_not_yet_dead_lettered_and_later_just_it_is()
    {
        const string bad = """{"entity_id":"","features":{"fact-25-note":1}}""";
        var note = $"featurestore||$dead-letter-reasons/{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(bad)))}";
        await Redis.HashSetAsync(note, [new("data", "in the way"), new("version", 1), new("first-write", 0)]);
        (string, string)[] entries = [("good", """{"entity_id":"fact-25-good","features":{"f":1}}"""), ("bad", bad), ("behind", """{"entity_id":"fact-25-behind","features":{"f":1}}""")];
        Assert.Equal(["SUCCESS", "RETRY", "SUCCESS"], Statuses(await DeliverAsync(0, entries)));
        Assert.False(await IsDeadLetteredAsync("fact-25-note"));

        await Redis.KeyDeleteAsync(note);
        Assert.Equal(["SUCCESS"], Statuses(await DeliverAsync(0, [entries[1]])));
        await DeadLetteredAsync("fact-25-note");
        Assert.False(await IsDeadLetteredAsync("fact-25-good") || await IsDeadLetteredAsync("fact-25-behind"));
    }

    [Fact]
    public async Task Fact_25_an_event_that_the_dead_letter_topic_does_not_take_is_delivered_again_and_later_just_it_is_there()
    {
        const string topic = "feature-updates-dead-letter";
        (string, string)[] entries = [("good", """{"entity_id":"fact-25-fine","features":{"f":1}}"""), ("bad", """{"entity_id":"","features":{"fact-25-topic":1}}""")];
        await Redis.KeyRenameAsync(topic, "set-aside");
        await Redis.StringSetAsync(topic, "in the way");
        Assert.Equal(["SUCCESS", "RETRY"], Statuses(await DeliverAsync(0, entries)));

        await Redis.KeyRenameAsync("set-aside", topic);
        Assert.Equal(["SUCCESS"], Statuses(await DeliverAsync(0, [entries[1]])));
        await DeadLetteredAsync("fact-25-topic");
        Assert.False(await IsDeadLetteredAsync("fact-25-fine"));
    }

    [Fact]
    public async Task Fact_25_an_event_that_no_sidecar_would_take_is_kept_at_once()
    {
        var large = $$$"""{"entity_id":"","features":{"fact-25-large":"{{{new string('x', 5_000_000)}}}"}}""";
        Assert.Equal(["SUCCESS"], Statuses(await DeliverAsync(0, [("large", large)])));
        var letters = (await Stack.Ingest.Read("/dead-letters?limit=1000")).Json.GetProperty("dead_letters").EnumerateArray();
        var letter = Assert.Single(letters, letter => letter.TryGetProperty("event", out var text) && text.GetString()!.Contains("fact-25-large", StringComparison.Ordinal));
        Assert.Equal((large.Length, true), (letter.GetProperty("event_bytes").GetInt32(), letter.GetProperty("is_truncated").GetBoolean()));
        Assert.Equal("An entity id must not be empty.", letter.GetProperty("reasons")[0].GetString());
    }

    [Fact]
    public async Task A_delivery_is_read_in_whatever_order_and_with_whatever_else_it_comes()
    {
        var text = Convert.ToBase64String("""[{"entity_id":"delivered-2","features":{"f":2.0}}]"""u8);
        var reply = await Stack.Ingest.Send(HttpMethod.Post, Route, $$$"""
            {"id":"x","metadata":{"entries":1},"entries":[
              {"metadata":{"event":"no","entryId":"no"},"event":{"entity_id":"delivered-1","features":{"f":1.0}},"more":[1,{"entryId":2}],"entryId":"a"},
              {"entryId":"b","event":"{{{text}}}","contentType":null},
              {"entryId":"c\u0041","event":null},
              {"entryId":"d"}],"topic":"feature-updates"}
            """);
        Assert.Equal(["SUCCESS", "SUCCESS", "SUCCESS", "SUCCESS"], Statuses(reply));
        Assert.Equal(["a", "b", "cA", "d"], reply.Json.GetProperty("statuses").EnumerateArray().Select(status => status.GetProperty("entryId").GetString()));
        Assert.Equal("""{"f":1.0}""", (await Stack.Api.Read("/features/delivered-1")).Features);
        Assert.Equal("""{"f":2.0}""", (await Stack.Api.Read("/features/delivered-2")).Features);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("""{"entries":{}}""")]
    [InlineData("""{"entries":[1]}""")]
    [InlineData("""{"entries":[{"event":"e30="}]}""")]
    [InlineData("""{"entries":[{"entryId":7,"event":"e30="}]}""")]
    [InlineData("""{"entries":[{"entryId":"\ud800"}]}""")]
    [InlineData("""{"entries":[]""")]
    [InlineData("""{"entries":[]}{}""")]
    public async Task What_is_no_bulk_delivery_is_refused(string body)
    {
        var reply = await Stack.Ingest.Send(HttpMethod.Post, Route, body);
        Assert.Equal((HttpStatusCode.BadRequest, "urn:featurestore:malformed"), (reply.Status, reply.Json.GetProperty("type").GetString()));
    }

    [Fact]
    public async Task Fact_28_no_declared_route_is_answered_with_404()
    {
        var routes = ComponentFiles.Folders.SelectMany(ComponentFiles.Read).Where(resource => resource.Kind == "Subscription").ToList();
        Assert.NotEmpty(routes);
        foreach (var subscription in routes)
        {
            var route = subscription.Text("spec", "routes", "default")!;
            foreach (var app in subscription.List("scopes"))
            {
                var service = app switch { "feature-api" => Stack.Api, "feature-history" => Stack.History, _ => Stack.Ingest };
                Assert.NotEqual(HttpStatusCode.NotFound, (await service.Send(HttpMethod.Post, route, """{"entries":[]}""")).Status);
            }
        }
    }

    [Fact]
    public async Task Fact_29_entries_delivered_again_change_nothing()
    {
        (string, string)[] entries = [("a", CloudEvent("fact-29-a", """{"entity_id":"fact-29","features":{"a":1}}""")), ("b", CloudEvent("fact-29-b", """{"entity_id":"fact-29","features":{"b":2}}"""))];
        await DeliverAsync(0, entries);
        var document = await DocumentAsync("fact-29");
        await DeliverAsync(0, [entries[1]]);
        await DeliverAsync(1, entries);
        Assert.Equal(document, await DocumentAsync("fact-29"));
    }

    [Fact]
    public async Task Fact_31_a_bulk_delivered_again_in_parallel_ends_in_the_same_rows()
    {
        var entries = Enumerable.Range(0, 30)
            .Select(i => ($"e{i}", CloudEvent($"fact-31-{i}", $"{{\"entity_id\":\"fact-31-{i % 10}\",\"features\":{{\"f{i}\":{i}}}}}"))).ToArray();
        var replies = await Task.WhenAll(Enumerable.Range(0, 6).Select(n => DeliverAsync(n % 2, entries)));
        Assert.All(replies, reply => Assert.All(Statuses(reply), status => Assert.Equal("SUCCESS", status)));
        for (var i = 0; i < 10; i++)
        {
            // Just what one delivery leaves: stamps are the event's, not those of its arrival.
            var features = new[] { i, i + 10, i + 20 }.Select(n => $"\"f{n}\":{n}").Order(StringComparer.Ordinal);
            Assert.Equal(
                $$$"""{"v":1,"event_timestamp":"2026-01-02T03:04:05Z","created_timestamp":"2026-01-02T03:04:05Z","features":{{{{string.Join(',', features)}}}}}""",
                await DocumentAsync($"fact-31-{i}"));
        }
    }

    [Fact]
    public async Task Fact_33_an_event_is_known_by_its_own_id_and_metadata_may_be_null()
    {
        var reply = await DeliverAsync(0, [("0d5c6f1e-new-at-each-delivery", CloudEvent("fact-33-own", """{"entity_id":"fact-33","features":{}}"""))]);
        Assert.Equal("""{"statuses":[{"entryId":"0d5c6f1e-new-at-each-delivery","status":"SUCCESS"}]}""", reply.Body);
        await DeadLetteredAsync("fact-33-own");
        Assert.Contains(Stack.Logs.Split('\n'), line => line.Contains("fact-33-own", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Fact_39_the_app_declares_no_subscription_of_its_own_and_says_so_at_once()
    {
        foreach (var service in new[] { Stack.Ingests[0], Stack.Ingests[1], Stack.Api })
        {
            Assert.Equal(HttpStatusCode.NotFound, (await service.Read("/dapr/subscribe")).Status);
            Assert.Equal(HttpStatusCode.NotFound, (await service.Read("/dapr/config")).Status);
        }
    }

    private static string[] Statuses(Reply reply) =>
        [.. reply.Json.GetProperty("statuses").EnumerateArray().Select(status => status.GetProperty("status").GetString()!)];

    private static string CloudEvent(string id, string data) =>
        $"{{\"specversion\":\"1.0\",\"id\":\"{id}\",\"source\":\"me\",\"type\":\"row\",\"time\":\"2026-01-02T03:04:05Z\",\"datacontenttype\":\"application/json\",\"data\":{data}}}";

    /// <summary>Delivers as daprd does to a raw bulk subscription.</summary>
    private Task<Reply> DeliverAsync(int replica, IEnumerable<(string Id, string Payload)> entries)
    {
        var list = entries.Select(entry => string.Create(
            CultureInfo.InvariantCulture,
            $$"""{"entryId":{{JsonSerializer.Serialize(entry.Id)}},"event":"{{Convert.ToBase64String(Encoding.UTF8.GetBytes(entry.Payload))}}","metadata":null,"contentType":"application/octet-stream"}"""));
        return Stack.Ingests[replica].Send(
            HttpMethod.Post, Route,
            $$"""{"entries":[{{string.Join(',', list)}}],"id":"a-bulk","metadata":{"pubsubName":"pubsub"},"pubsubname":"pubsub","topic":"feature-updates","type":"com.dapr.event.sent.bulk"}""");
    }
}
