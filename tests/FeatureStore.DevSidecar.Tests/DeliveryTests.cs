using FeatureStore.DevSidecar.Tests.Harness;

namespace FeatureStore.DevSidecar.Tests;

/// <summary>How events reach the app, and what its replies lead to.</summary>
public sealed class DeliveryTests(SharedRedis redis)
{
    private const string RetryTwice = "policy: constant\nduration: 20ms\nmaxRetries: 2";

    [Theory, MemberData(nameof(Brokers.All), MemberType = typeof(Brokers))]
    public async Task A_single_delivery_is_the_cloudevent(string broker)
    {
        var topic = Brokers.NewTopic();
        await using var app = await AppAsync(Single(topic), a => a.On("/s", _ => new Reply()));
        await using var sidecar = await StartAsync(app, broker);

        await sidecar.PublishAsync(topic, """{"x":1.0,"n":9007199254740993}""", "application/json", ("ttlInSeconds", "100"));

        await Eventually.TrueAsync(() => app.At("/s").Count == 1, "the delivery");
        var request = app.At("/s")[0];
        Assert.Equal("application/cloudevents+json", request.Headers["Content-Type"]);
        Assert.Equal("ps", request.Headers["pubsubname"]);
        Assert.Equal("100", request.Headers["ttlInSeconds"]);
        Assert.StartsWith("""{"data":{"n":9007199254740993,"x":1.0},""", request.Body);
    }

    [Theory, MemberData(nameof(Brokers.All), MemberType = typeof(Brokers))]
    public async Task A_bulk_delivery_loses_digits_unless_it_is_raw(string broker)
    {
        var topic = Brokers.NewTopic();
        await using var app = await AppAsync(Bulk(topic), a => a.On("/b", Reply.AllSucceeded));
        await using var sidecar = await StartAsync(app, broker);

        await sidecar.PublishAsync(topic, """{"x":1.0,"n":9007199254740993}""");

        await Eventually.TrueAsync(() => app.At("/b").Count == 1, "the delivery");
        var request = app.At("/b")[0];
        Assert.Equal("application/json", request.Headers["Content-Type"]);
        Assert.Equal("com.dapr.event.sent.bulk", request.Json.GetProperty("type").GetString());
        Assert.Equal(topic, request.Json.GetProperty("topic").GetString());
        var entry = Assert.Single(request.Entries);
        Assert.Equal("application/cloudevents+json", entry.GetProperty("contentType").GetString());
        Assert.Equal("""{"n":9007199254740992,"x":1}""", entry.GetProperty("event").GetProperty("data").GetRawText());
    }

    [Fact]
    public async Task What_is_waiting_is_delivered_in_bulks_of_the_asked_size()
    {
        var topic = Brokers.NewTopic();
        await using var app = await AppAsync(Bulk(topic, 50), a => a.On("/b", Reply.AllSucceeded));
        await using var sidecar = await StartAsync(app, Brokers.Redis);

        await sidecar.PublishBulkAsync(topic, [.. Enumerable.Range(0, 200).Select(i => i.ToString())]);

        await Eventually.TrueAsync(() => app.At("/b").Sum(r => r.Entries.Length) >= 200, "all events");
        var numbers = app.At("/b").SelectMany(r => r.Entries).Select(e => e.GetProperty("event").GetProperty("data").GetInt32()).Order();
        Assert.Equal(Enumerable.Range(0, 200), numbers);
        Assert.All(app.At("/b"), r => Assert.InRange(r.Entries.Length, 1, 50));
        Assert.InRange(app.At("/b").Count, 4, 100);
    }

    [Theory, MemberData(nameof(Brokers.All), MemberType = typeof(Brokers))]
    public async Task The_app_has_one_bulk_in_hands_at_a_time(string broker)
    {
        var topic = Brokers.NewTopic();
        var (inHands, most) = (0, 0);
        await using var app = await AppAsync(Bulk(topic, 5), a => a.OnAsync("/b", async request =>
        {
            most = Math.Max(most, Interlocked.Increment(ref inHands));
            await Task.Delay(20);
            Interlocked.Decrement(ref inHands);
            return Reply.AllSucceeded(request);
        }));
        await using var sidecar = await StartAsync(app, broker);

        await sidecar.PublishBulkAsync(topic, [.. Enumerable.Range(0, 40).Select(i => i.ToString())]);

        await Eventually.TrueAsync(() => app.At("/b").Sum(r => r.Entries.Length) >= 40, "all events");
        Assert.Equal(1, most);
    }

    [Theory, MemberData(nameof(Brokers.All), MemberType = typeof(Brokers))]
    public async Task A_failed_delivery_is_retried_until_it_succeeds(string broker)
    {
        var topic = Brokers.NewTopic();
        var attempts = 0;
        await using var app = await AppAsync(
            Single(topic, $"\"deadLetterTopic\":\"{topic}-dead\""),
            a => a.On("/s", _ => ++attempts switch { 1 => new Reply(500), 2 => Reply.Json("{\"status\":\"RETRY\"}"), _ => new Reply() }));
        await using var sidecar = await StartAsync(app, broker, Yaml.Retry("ps", RetryTwice));

        await sidecar.PublishAsync(topic, "1");

        await Eventually.TrueAsync(() => app.At("/s").Count == 3, "three attempts");
        await Eventually.StillAsync(() => app.At("/s").Count == 3, "it succeeded");
        Assert.Single(app.At("/s").Select(r => r.Body).Distinct());
    }

    [Theory, MemberData(nameof(Brokers.All), MemberType = typeof(Brokers))]
    public async Task After_its_retries_an_event_is_dead_lettered_as_it_was(string broker)
    {
        var topic = Brokers.NewTopic();
        await using var app = await AppAsync(
            $"{Single(topic, $"\"deadLetterTopic\":\"{topic}-dead\"")},{Single(topic + "-dead", route: "/dead")}",
            a => a.On("/s", _ => new Reply(500)).On("/dead", _ => new Reply()));
        await using var sidecar = await StartAsync(app, broker, Yaml.Retry("ps", RetryTwice));

        await sidecar.PublishAsync(topic, "1");

        await Eventually.TrueAsync(() => app.At("/dead").Count == 1, "the dead letter");
        Assert.Equal(3, app.At("/s").Count);
        Assert.Equal(app.At("/s")[0].Body, app.At("/dead")[0].Body);
    }

    [Theory]
    [InlineData(200, "", 1, false)]
    [InlineData(204, "", 1, false)]
    [InlineData(200, "no json", 1, false)]
    [InlineData(200, "[]", 1, false)]
    [InlineData(200, "{}", 1, false)]
    [InlineData(200, "{\"status\":\"SUCCESS\"}", 1, false)]
    [InlineData(200, "{\"status\":\"success\"}", 3, true)]
    [InlineData(200, "{\"status\":\"RETRY\"}", 3, true)]
    [InlineData(200, "{\"status\":\"DROP\"}", 1, true)]
    [InlineData(404, "", 1, true)]
    [InlineData(302, "", 3, true)]
    [InlineData(400, "", 3, true)]
    public async Task Single_replies_mean_what_was_recorded(int status, string body, int attempts, bool deadLettered)
    {
        var topic = Brokers.NewTopic();
        await using var app = await AppAsync(
            $"{Single(topic, $"\"deadLetterTopic\":\"{topic}-dead\"")},{Single(topic + "-dead", route: "/dead")}",
            a => a.On("/s", _ => new Reply(status, status == 204 ? "" : body)).On("/dead", _ => new Reply()));
        await using var sidecar = await StartAsync(app, Brokers.InMemory, Yaml.Retry("ps", RetryTwice));

        await sidecar.PublishAsync(topic, "1");

        await Eventually.TrueAsync(() => app.At("/s").Count >= attempts && app.At("/dead").Count == (deadLettered ? 1 : 0), "the outcome");
        await Eventually.StillAsync(() => app.At("/s").Count == attempts && app.At("/dead").Count == (deadLettered ? 1 : 0), "the outcome stays");
    }

    [Theory]
    [InlineData("SUCCESS", 1, false)]
    [InlineData("DROP", 1, true)]
    [InlineData("RETRY", 3, true)]
    [InlineData("bogus", 3, true)]
    [InlineData("", 3, true)]
    public async Task Bulk_statuses_count_for_their_entry_alone(string statusOfSecond, int attempts, bool deadLettered)
    {
        var topic = Brokers.NewTopic();
        await using var app = await AppAsync(
            $"{Bulk(topic, 10, $"\"deadLetterTopic\":\"{topic}-dead\"")},{Single(topic + "-dead", route: "/dead")}",
            a => a
                .On("/b", r => Reply.Statuses(r, (e, _) => e.GetProperty("event").GetProperty("data").GetInt32() == 2 ? statusOfSecond : "SUCCESS"))
                .On("/dead", _ => new Reply()));
        await using var sidecar = await StartAsync(app, Brokers.InMemory, Yaml.Retry("ps", RetryTwice));

        await sidecar.PublishBulkAsync(topic, "1", "2", "3");

        int AttemptsOf(int n) => app.At("/b").SelectMany(r => r.Entries).Count(e => e.GetProperty("event").GetProperty("data").GetInt32() == n);
        bool Settled() => AttemptsOf(2) == attempts && AttemptsOf(1) == 1 && AttemptsOf(3) == 1 && app.At("/dead").Count == (deadLettered ? 1 : 0);
        await Eventually.TrueAsync(Settled, "the outcome");
        await Eventually.StillAsync(Settled, "the outcome stays");
        if (deadLettered)
        {
            Assert.Equal(2, app.At("/dead")[0].Json.GetProperty("data").GetInt32());
        }
    }

    [Theory]
    [InlineData(200, "", 3, 2)]
    [InlineData(200, "{}", 3, 2)]
    [InlineData(200, "{\"status\":\"SUCCESS\"}", 3, 2)]
    [InlineData(200, "no json", 3, 2)]
    [InlineData(500, "", 3, 2)]
    [InlineData(404, "", 1, 0)]
    public async Task Bulk_replies_without_statuses_fail_all_entries_except_404(int status, string body, int attempts, int dead)
    {
        var topic = Brokers.NewTopic();
        await using var app = await AppAsync(
            $"{Bulk(topic, 2, $"\"deadLetterTopic\":\"{topic}-dead\"", 5000)},{Single(topic + "-dead", route: "/dead")}",
            a => a.On("/b", _ => new Reply(status, body)).On("/dead", _ => new Reply()));
        await using var sidecar = await StartAsync(app, Brokers.Redis, Yaml.Retry("ps", RetryTwice));

        await sidecar.PublishBulkAsync(topic, "1", "2");

        bool Settled() => app.At("/b").Count == attempts && app.At("/dead").Count == dead;
        await Eventually.TrueAsync(Settled, "the outcome");
        await Eventually.StillAsync(Settled, "the outcome stays");
    }

    [Fact]
    public async Task Without_a_policy_the_first_failure_goes_to_the_dead_letter()
    {
        var topic = Brokers.NewTopic();
        await using var app = await AppAsync(
            $"{Single(topic, $"\"deadLetterTopic\":\"{topic}-dead\"")},{Single(topic + "-dead", route: "/dead")}",
            a => a.On("/s", _ => new Reply(500)).On("/dead", _ => new Reply()));
        await using var sidecar = await StartAsync(app, Brokers.InMemory);

        await sidecar.PublishAsync(topic, "1");

        await Eventually.TrueAsync(() => app.At("/dead").Count == 1, "the dead letter");
        Assert.Single(app.At("/s"));
    }

    [Fact]
    public async Task An_attempt_that_takes_too_long_is_given_up_and_retried()
    {
        var topic = Brokers.NewTopic();
        var attempts = 0;
        await using var app = await AppAsync(Single(topic), a => a.OnAsync("/s", async _ =>
        {
            await Task.Delay(Interlocked.Increment(ref attempts) == 1 ? 60_000 : 0);
            return new Reply();
        }));
        var resiliency = Yaml.Retry("ps", RetryTwice).Replace("retry: it", "retry: it\n          timeout: delivery");
        await using var sidecar = await StartAsync(app, Brokers.InMemory, resiliency);

        await sidecar.PublishAsync(topic, "1");

        await Eventually.TrueAsync(() => app.At("/s").Count == 2, "the second attempt");
    }

    [Theory, MemberData(nameof(Brokers.All), MemberType = typeof(Brokers))]
    public async Task Events_that_cannot_be_delivered_never_reach_the_app(string broker)
    {
        var topic = Brokers.NewTopic();
        await using var app = await AppAsync(Single(topic), a => a.On("/s", _ => new Reply()));
        await using var sidecar = await StartAsync(app, broker);

        await sidecar.PublishAsync(topic, "[1]", "application/json", ("rawPayload", "true"));
        await sidecar.PublishAsync(topic, "no json", "text/plain", ("rawPayload", "true"));
        await sidecar.PublishAsync(topic, "{}", "application/json", ("ttlInSeconds", "0"));
        await sidecar.PublishAsync(topic, "1");

        await Eventually.TrueAsync(() => app.At("/s").Count == 1, "the good event");
        await Eventually.StillAsync(() => app.At("/s").Count == 1, "only the good event");
    }

    [Fact]
    public async Task A_raw_single_delivery_wraps_the_brokers_bytes()
    {
        var topic = Brokers.NewTopic();
        await using var app = await AppAsync(Single(topic, "\"metadata\":{\"rawPayload\":\"true\"}"), a => a.On("/s", _ => new Reply()));
        await using var sidecar = await StartAsync(app, Brokers.InMemory);

        await sidecar.PublishAsync(topic, "{\"a\":1.0}", "application/json", ("rawPayload", "true"));

        await Eventually.TrueAsync(() => app.At("/s").Count == 1, "the delivery");
        var body = app.At("/s")[0].Json;
        Assert.Equal("eyJhIjoxLjB9", body.GetProperty("data_base64").GetString());
        Assert.Equal("Dapr", body.GetProperty("source").GetString());
        Assert.False(body.TryGetProperty("time", out _));
    }

    [Theory, MemberData(nameof(Brokers.All), MemberType = typeof(Brokers))]
    public async Task Declared_subscriptions_honour_their_scopes_and_programmatic_ones_win(string broker)
    {
        var (mine, theirs, both) = (Brokers.NewTopic(), Brokers.NewTopic(), Brokers.NewTopic());
        await using var app = await AppAsync(
            Single(both, route: "/programmatic"),
            a => a.On("/mine", Reply.AllSucceeded).On("/theirs", _ => new Reply()).On("/declared", _ => new Reply()).On("/programmatic", _ => new Reply()));
        await using var sidecar = await StartAsync(
            app,
            broker,
            [
                Yaml.Subscription(mine, "/mine", "  bulkSubscribe:\n    enabled: true\n    maxAwaitDurationMs: 10\n  metadata:\n    rawPayload: \"true\"", "app1"),
                Yaml.Subscription(theirs, "/theirs", scope: "app2"),
                Yaml.Subscription(both, "/declared"),
            ]);
        await sidecar.WithSubscriptionsAsync(2);

        await sidecar.PublishAsync(theirs, "1");
        await sidecar.PublishAsync(both, "1");
        await sidecar.PublishAsync(mine, "1");

        await Eventually.TrueAsync(() => app.At("/mine").Count == 1 && app.At("/programmatic").Count == 1, "both deliveries");
        Assert.Equal("application/octet-stream", app.At("/mine")[0].Entries[0].GetProperty("contentType").GetString());
        await Eventually.StillAsync(() => app.At("/theirs").Count == 0 && app.At("/declared").Count == 0, "nothing else");
    }

    [Fact]
    public async Task Sidecars_of_one_process_exchange_in_memory_events()
    {
        var topic = Brokers.NewTopic();
        var brokers = new PubSub.InMemory.InProcessBrokers();
        await using var app = await AppAsync(Single(topic), a => a.On("/s", _ => new Reply()));
        await using var subscriber = await TestSidecar.StartAsync(
            new SidecarOptions { AppId = "app1", AppPort = app.Port, Brokers = brokers }, Brokers.Component(Brokers.InMemory, redis));
        await subscriber.WithSubscriptionsAsync(1);
        await using var publisher = await TestSidecar.StartAsync(
            new SidecarOptions { AppId = "app2", Brokers = brokers }, Brokers.Component(Brokers.InMemory, redis));

        await Eventually.TrueAsync(async () =>
        {
            await publisher.PublishAsync(topic, "1");
            return app.At("/s").Count > 0;
        }, "the delivery");

        Assert.Equal("app2", app.At("/s")[0].Json.GetProperty("source").GetString());
    }

    private static string Single(string topic, string? more = null, string route = "/s") =>
        $$$"""{"pubsubname":"ps","topic":"{{{topic}}}","route":"{{{route}}}"{{{(more is null ? "" : "," + more)}}}}""";

    private static string Bulk(string topic, int max = 10, string? more = null, int awaitMs = 50) => Single(
        topic, $$$"""{{{(more is null ? "" : more + ",")}}}"bulkSubscribe":{"enabled":true,"maxMessagesCount":{{{max}}},"maxAwaitDurationMs":{{{awaitMs}}}}""", "/b");

    private static Task<TestApp> AppAsync(string subscriptions, Action<TestApp> configure) => TestApp.StartedAsync(app =>
    {
        app.Subscriptions = $"[{subscriptions}]";
        configure(app);
    });

    private async Task<TestSidecar> StartAsync(TestApp app, string broker, params string[] resources) => await (await TestSidecar.StartAsync(
        new SidecarOptions { AppId = "app1", AppPort = app.Port }, [Brokers.Component(broker, redis), .. resources])).WithSubscriptionsAsync(app);
}
