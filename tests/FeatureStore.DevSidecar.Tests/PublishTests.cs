using System.Text.RegularExpressions;
using FeatureStore.DevSidecar.Tests.Harness;
using Grpc.Core;

namespace FeatureStore.DevSidecar.Tests;

/// <summary>What the broker gets when something is published, to the byte, as a raw bulk subscription shows it.</summary>
public sealed partial class PublishTests(SharedRedis redis)
{
    private const string Numbers = """{"z":1,"n":9007199254740993,"x":1.0,"huge":1e400,"s":"<&> é\u2603"}""";

    [Theory, MemberData(nameof(Brokers.All), MemberType = typeof(Brokers))]
    public async Task A_grpc_publish_is_wrapped_with_the_text_of_its_numbers(string broker)
    {
        await using var app = await BulkRawAppAsync();
        await using var sidecar = await StartAsync(app, broker);

        await sidecar.PublishAsync(app.Topic, Numbers);

        Assert.Equal(
            """{"data":{"huge":1e400,"n":9007199254740993,"s":"\u003c\u0026\u003e é☃","x":1.0,"z":1},"datacontenttype":"application/json","id":"ID","pubsubname":"ps","source":"app1","specversion":"1.0","time":"TIME","topic":"TOPIC","traceid":"","traceparent":"","tracestate":"","type":"com.dapr.event.sent"}""",
            Masked(await app.OneAsync(), app.Topic));
    }

    [Theory, MemberData(nameof(Brokers.All), MemberType = typeof(Brokers))]
    public async Task An_http_publish_keeps_them_too_and_a_bulk_one_does_not(string broker)
    {
        await using var app = await BulkRawAppAsync();
        await using var sidecar = await StartAsync(app, broker);
        Assert.Equal(204, (await sidecar.SendAsync("POST", $"/v1.0/publish/ps/{app.Topic}", """{"x":1.0,"n":9007199254740993}""")).Status);
        Assert.StartsWith("""{"data":{"n":9007199254740993,"x":1.0},""", await app.OneAsync());

        var bulk = await sidecar.SendAsync(
            "POST", $"/v1.0/publish/bulk/ps/{app.Topic}", """[{"entryId":"1","event":{"x":1.0,"n":9007199254740993},"contentType":"application/json"}]""");
        Assert.Equal(204, bulk.Status);
        await Eventually.TrueAsync(() => app.Texts().Count == 2, "the second event");
        Assert.StartsWith("""{"data":{"n":9007199254740992,"x":1},""", app.Texts()[1]);
    }

    [Theory]
    [InlineData("text/plain", "hello", "\"data\":\"hello\",\"datacontenttype\":\"text/plain\"")]
    [InlineData("", "{\"a\":1}", "\"data\":\"{\\\"a\\\":1}\",\"datacontenttype\":\"text/plain\"")]
    [InlineData("application/json", "{\"a\":", "\"data\":\"{\\\"a\\\":\",\"datacontenttype\":\"application/json\"")]
    [InlineData("application/json", "", "\"data\":\"\",\"datacontenttype\":\"application/json\"")]
    [InlineData("application/json; charset=utf-8", "[1]", "\"data\":[1],\"datacontenttype\":\"application/json; charset=utf-8\"")]
    [InlineData("application/xml", "<a/>", "\"data\":\"\\u003ca/\\u003e\",\"datacontenttype\":\"application/xml\"")]
    [InlineData("application/octet-stream", "abc", "\"data_base64\":\"YWJj\",\"datacontenttype\":\"application/octet-stream\"")]
    public async Task Data_is_wrapped_by_its_content_type(string contentType, string data, string expected)
    {
        await using var app = await BulkRawAppAsync();
        await using var sidecar = await StartAsync(app, Brokers.InMemory);

        await sidecar.PublishAsync(app.Topic, data, contentType);

        Assert.StartsWith("{" + expected, await app.OneAsync());
    }

    [Fact]
    public async Task A_cloudevent_keeps_what_it_says_of_itself()
    {
        await using var app = await BulkRawAppAsync();
        await using var sidecar = await StartAsync(app, Brokers.InMemory);

        await sidecar.PublishAsync(
            app.Topic,
            """{"specversion":"1.0","id":"ce-1","source":"src1","type":"t.custom","data":{"x":1.0},"time":"2001-02-03T04:05:06Z","topic":"fake","myext":"e1"}""",
            "application/cloudevents+json");

        Assert.Equal(
            """{"data":{"x":1.0},"id":"ce-1","myext":"e1","pubsubname":"ps","source":"src1","specversion":"1.0","time":"2001-02-03T04:05:06Z","topic":"TOPIC","traceid":"","traceparent":"","tracestate":"","type":"t.custom"}""",
            (await app.OneAsync()).Replace(app.Topic, "TOPIC"));
    }

    [Fact]
    public async Task Metadata_overrides_the_envelope_and_raw_payload_leaves_it_out()
    {
        await using var app = await BulkRawAppAsync();
        await using var sidecar = await StartAsync(app, Brokers.InMemory);
        await sidecar.PublishAsync(app.Topic, "{}", "application/json", ("cloudevent.id", "mine"), ("cloudevent.source", "me"), ("cloudevent.subject", "s1"));
        Assert.Contains("\"id\":\"mine\",\"pubsubname\":\"ps\",\"source\":\"me\",\"specversion\":\"1.0\",\"subject\":\"s1\"", await app.OneAsync());

        await sidecar.PublishAsync(app.Topic, "{ \"a\": 1.0 }", "application/json", ("rawPayload", "true"));
        await Eventually.TrueAsync(() => app.Texts().Count == 2, "the raw event");
        Assert.Equal("{ \"a\": 1.0 }", app.Texts()[1]);
        Assert.Equal("true", app.App.Received[^1].Entries[^1].GetProperty("metadata").GetProperty("rawPayload").GetString());
    }

    [Fact]
    public async Task Redis_streams_have_daprs_layout()
    {
        await using var sidecar = await TestSidecar.StartAsync(Brokers.Component(Brokers.Redis, redis, ("maxLenApprox", "1000")));
        await using var connection = await redis.Server.ConnectAsync();
        var topic = Brokers.NewTopic();

        await sidecar.PublishAsync(topic, "1");
        await sidecar.PublishAsync(topic, "2", "application/json", ("ttlInSeconds", "10"));
        await sidecar.PublishBulkAsync(topic, "3");

        var entries = await connection.GetDatabase().StreamRangeAsync(topic);
        Assert.Equal(["data", "metadata"], entries[0].Values.Select(v => v.Name.ToString()));
        Assert.Equal("{}", entries[0]["metadata"]);
        Assert.Equal("{\"ttlInSeconds\":\"10\"}", entries[1]["metadata"]);
        Assert.Contains("\"expiration\":\"", entries[1]["data"].ToString());
        Assert.Equal(["data"], entries[2].Values.Select(v => v.Name.ToString()));
    }

    [Fact]
    public async Task Requests_that_cannot_be_published_are_refused_by_name()
    {
        await using var sidecar = await TestSidecar.StartAsync(
            Brokers.Component(Brokers.InMemory, redis, ("allowedTopics", "ok1,ok2"), ("publishingScopes", "app1=ok1")));

        var unknown = await Assert.ThrowsAsync<RpcException>(async () => await sidecar.Grpc.PublishEventAsync(
            new() { PubsubName = "nosuch", Topic = "t" }, cancellationToken: TestContext.Current.CancellationToken));
        Assert.Equal((StatusCode.InvalidArgument, "pubsub nosuch is not found"), (unknown.StatusCode, unknown.Status.Detail));
        Assert.Equal("DAPR_PUBSUB_NOT_FOUND", unknown.Details().Reason);

        var forbidden = await Assert.ThrowsAsync<RpcException>(() => sidecar.PublishAsync("ok2", "{}"));
        Assert.Equal((StatusCode.PermissionDenied, "topic ok2 is not allowed for app id app1"), (forbidden.StatusCode, forbidden.Status.Detail));

        var empty = await Assert.ThrowsAsync<RpcException>(() => sidecar.PublishAsync("", "{}"));
        Assert.Equal((StatusCode.InvalidArgument, "topic is empty in pubsub ps"), (empty.StatusCode, empty.Status.Detail));

        var broken = await Assert.ThrowsAsync<RpcException>(() => sidecar.PublishAsync("ok1", "{\"specversion\":", "application/cloudevents+json"));
        Assert.Equal((StatusCode.InvalidArgument, "cannot create cloudevent"), (broken.StatusCode, broken.Status.Detail));
        Assert.Equal("unexpected EOF", broken.Details().Metadata["error"]);

        var (status, body, _) = await sidecar.SendAsync("POST", "/v1.0/publish/nosuch/t", "{}");
        Assert.Equal(404, status);
        Assert.Equal(
            """{"errorCode":"ERR_PUBSUB_NOT_FOUND","message":"pubsub nosuch is not found","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","domain":"dapr.io","metadata":{},"reason":"DAPR_PUBSUB_NOT_FOUND"}]}""",
            body);

        var duplicate = await sidecar.SendAsync(
            "POST", "/v1.0/publish/bulk/ps/ok1", """[{"entryId":"1","event":1,"contentType":"application/json"},{"entryId":"1","event":2,"contentType":"application/json"}]""");
        Assert.Equal(400, duplicate.Status);
        Assert.Contains("entryId is duplicated or not present for entry", duplicate.Body);

        var tooBig = await sidecar.SendAsync("POST", "/v1.0/publish/ps/ok1", new string('1', (4 * 1024 * 1024) + 1));
        Assert.Equal(500, tooBig.Status);
        Assert.Contains("stream too large", tooBig.Body);
    }

    [GeneratedRegex("\"id\":\"[0-9a-f-]{36}\"")]
    private static partial Regex Id { get; }

    [GeneratedRegex("\"time\":\"\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ\"")]
    private static partial Regex Time { get; }

    private static string Masked(string text, string topic) =>
        Time.Replace(Id.Replace(text, "\"id\":\"ID\""), "\"time\":\"TIME\"").Replace(topic, "TOPIC");

    private static async Task<BulkRawApp> BulkRawAppAsync()
    {
        var app = new BulkRawApp(new TestApp(), Brokers.NewTopic());
        app.App.Subscriptions =
            $$$"""[{"pubsubname":"ps","topic":"{{{app.Topic}}}","route":"/raw","metadata":{"rawPayload":"true"},"bulkSubscribe":{"enabled":true,"maxMessagesCount":10,"maxAwaitDurationMs":20}}]""";
        app.App.On("/raw", Reply.AllSucceeded);
        await app.App.StartAsync();
        return app;
    }

    private async Task<TestSidecar> StartAsync(BulkRawApp app, string broker) =>
        await (await TestSidecar.StartAsync(new SidecarOptions { AppId = "app1", AppPort = app.App.Port }, Brokers.Component(broker, redis)))
            .WithSubscriptionsAsync(1);

    private sealed record BulkRawApp(TestApp App, string Topic) : IAsyncDisposable
    {
        public IReadOnlyList<string> Texts() => [.. App.At("/raw").SelectMany(r => r.Entries).Select(ReceivedRequest.RawText)];

        public async Task<string> OneAsync()
        {
            await Eventually.TrueAsync(() => Texts().Count >= 1, "an event");
            return Texts()[0];
        }

        public ValueTask DisposeAsync() => App.DisposeAsync();
    }
}
