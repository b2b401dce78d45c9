using System.Globalization;
using System.Net;
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
            """{"statuses":[{"entryId":"e1","status":"SUCCESS"},{"entryId":"e2","status":"DROP"},{"entryId":"e3","status":"SUCCESS"},{"entryId":"e4","status":"DROP"}]}""",
            reply.Body);
        Assert.Equal((HttpStatusCode.OK, "application/json"), (reply.Status, reply.ContentType));
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
                var service = app == "feature-api" ? Stack.Api : Stack.Ingest;
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
        Assert.All(replies, reply => Assert.DoesNotContain(
            reply.Json.GetProperty("statuses").EnumerateArray(), status => status.GetProperty("status").GetString() != "SUCCESS"));
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
        Assert.Equal("""{"statuses":[{"entryId":"0d5c6f1e-new-at-each-delivery","status":"DROP"}]}""", reply.Body);
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
