using FeatureStore.DevSidecar.Tests.Harness;

namespace FeatureStore.DevSidecar.Tests;

/// <summary>What keeps a sidecar from starting, what it waits for, and how it stops.</summary>
public sealed class StartAndStopTests(SharedRedis redis)
{
    private const string Broken = "apiVersion: dapr.io/v1alpha1\nkind: Component\nmetadata:\n  name: x\nspec:\n  type: [unclosed\n";

    [Theory]
    [InlineData("state.nosuch", "the type state.nosuch is not in DevSidecar, use daprd")]
    [InlineData("bindings.cron", "the type bindings.cron is not in DevSidecar, use daprd")]
    [InlineData("secretstores.local.file", "the type secretstores.local.file is not in DevSidecar, use daprd")]
    [InlineData("pubsub.kafka", "the type pubsub.kafka is not in DevSidecar, use daprd")]
    public async Task Unknown_component_types_are_refused_by_name(string type, string message) =>
        Assert.Contains(message, (await FailsAsync(Yaml.Component("x", type))).Message);

    [Fact]
    public async Task Resources_that_are_not_included_are_refused_by_name()
    {
        Assert.Contains("CEL routing", (await FailsAsync(
            Yaml.Subscription("t", "/t", null).Replace("    default: /t", "    rules:\n    - match: event.type == 'x'\n      path: /x\n    default: /t"))).Message);
        Assert.Contains("circuitBreaker", (await FailsAsync(Yaml.Retry("ps", "policy: constant").Replace("retry: it", "circuitBreaker: cb"))).Message);
        Assert.Contains("outbound", (await FailsAsync(Yaml.Retry("ps", "policy: constant").Replace("inbound:", "outbound:"))).Message);
        Assert.Contains("targets.apps", (await FailsAsync(Yaml.Retry("ps", "policy: constant").Replace("  components:", "  apps:"))).Message);
        Assert.Contains("HTTPEndpoint", (await FailsAsync("apiVersion: dapr.io/v1alpha1\nkind: HTTPEndpoint\nmetadata:\n  name: e\n")).Message);
        Assert.Contains("secretstores.local.file is not in DevSidecar, use daprd", (await FailsAsync(
            Yaml.Component("s", "state.redis", ("keyPrefix", "none")).Replace("  metadata:\n  -", "  metadata:\n  - name: redisHost\n    secretKeyRef:\n      name: x\n  -")
            + "\nauth:\n  secretStore: file\n---\n" + Yaml.Component("file", "secretstores.local.file"))).Message);
        Assert.Contains("duplicate definition of Component name s", (await FailsAsync(
            Yaml.Component("s", "state.in-memory") + "\n---\n" + Yaml.Component("s", "pubsub.in-memory"))).Message);
    }

    [Fact]
    public async Task Missing_paths_used_ports_and_absent_redis_are_named()
    {
        var missing = await Assert.ThrowsAsync<SidecarConfigurationException>(() => Sidecar.StartAsync(
            new SidecarOptions { AppId = "a", ResourcesPaths = ["/no/such/path"] }, Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance, null, TestContext.Current.CancellationToken));
        Assert.Contains("/no/such/path", missing.Message);

        await using var sidecar = await TestSidecar.StartAsync();
        var used = await Assert.ThrowsAsync<SidecarConfigurationException>(() => Sidecar.StartAsync(
            new SidecarOptions { AppId = "a", HttpPort = sidecar.Sidecar.HttpPort, GrpcPort = 0 }, Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance, null, TestContext.Current.CancellationToken));
        Assert.Contains(sidecar.Sidecar.HttpPort.ToString(), used.Message);

        var host = $"127.0.0.1:{FreePort.Next()}";
        Assert.Contains(host, (await FailsAsync(Yaml.Component("x", "state.redis", ("redisHost", host)))).Message);
    }

    [Fact]
    public async Task Scopes_ignored_errors_and_broken_files_leave_the_rest_running()
    {
        await using var sidecar = await TestSidecar.StartAsync(
            Broken,
            Yaml.Component("mine", "state.in-memory") + "\nscopes:\n- app1",
            Yaml.Component("theirs", "state.in-memory") + "\nscopes:\n- app2",
            Yaml.Component("bad", "state.nosuch").Replace("spec:", "spec:\n  ignoreErrors: true"));

        var components = (await sidecar.Grpc.GetMetadataAsync(new(), cancellationToken: TestContext.Current.CancellationToken)).RegisteredComponents;

        Assert.Equal("mine", Assert.Single(components).Name);
    }

    [Fact]
    public async Task The_projects_shape_of_components_loads()
    {
        redis.Server.SkipIfMissing();
        Environment.SetEnvironmentVariable("DEVSIDECAR_TEST_REDIS", redis.Server.Host);
        await using var sidecar = await TestSidecar.StartAsync(
            Yaml.Component("envs", "secretstores.local.env"),
            Yaml.Component("byenv", "state.redis", ("keyPrefix", "none")).Replace(
                "  metadata:\n  -", "  metadata:\n  - name: redisHost\n    envRef: DEVSIDECAR_TEST_REDIS\n  -"),
            Yaml.Component("bysecret", "state.redis", ("keyPrefix", "none")).Replace(
                "  metadata:\n  -", "  metadata:\n  - name: redisHost\n    secretKeyRef:\n      name: DEVSIDECAR_TEST_REDIS\n  -") + "\nauth:\n  secretStore: envs");

        Assert.Equal(204, (await sidecar.SendAsync("POST", "/v1.0/state/byenv", """[{"key":"seen-by-both","value":1}]""")).Status);
        Assert.Equal("1", (await sidecar.SendAsync("GET", "/v1.0/state/bysecret/seen-by-both")).Body);
    }

    [Fact]
    public async Task The_app_is_awaited_probed_asked_and_served_in_this_order()
    {
        const string inMemory = "in-memory";
        var topic = Brokers.NewTopic();
        await using var app = new TestApp();
        app.Subscriptions = $$"""
            [{"pubsubname":"ps","topic":"{{topic}}","route":"/s"},{"pubsubname":"{{inMemory}}","topic":"{{topic}}","route":"/m"}]
            """;
        var healthy = false;
        app.On("/healthz", _ => new Reply(healthy ? 200 : 503)).On("/s", _ => new Reply()).On("/m", _ => new Reply());
        await using var sidecar = await TestSidecar.StartAsync(
            new SidecarOptions { AppId = "app1", AppPort = app.Port, AppApiToken = "app-token", EnableAppHealthCheck = true, AppHealthProbeInterval = TimeSpan.FromMilliseconds(50), AppHealthThreshold = 1, AppHealthProbeTimeout = TimeSpan.FromSeconds(5) },
            Brokers.Component(Brokers.Redis, redis),
            Yaml.Component(inMemory, Brokers.InMemory));
        Assert.Equal(500, (await sidecar.SendAsync("GET", "/v1.0/healthz")).Status);
        Assert.Equal(204, (await sidecar.SendAsync("GET", "/v1.0/healthz/outbound")).Status);

        await app.StartAsync();
        await Eventually.TrueAsync(() => app.Received.Count >= 2, "probes");
        Assert.All(app.Received, r => Assert.Equal("/healthz", r.Target));

        healthy = true;
        await sidecar.WithSubscriptionsAsync(2);
        Assert.Equal(["/dapr/config", "/dapr/subscribe"], app.Received.Select(r => r.Target).Where(t => t != "/healthz"));
        Assert.Equal("app-token", app.At("/dapr/subscribe")[0].Headers["dapr-api-token"]);
        Assert.False(app.At("/healthz")[0].Headers.ContainsKey("dapr-api-token"));
        Assert.Equal(204, (await sidecar.SendAsync("GET", "/v1.0/healthz")).Status);

        healthy = false;
        await Eventually.TrueAsync(async () => (await sidecar.SendAsync("GET", "/v1.0/invoke/app1/method/s")).Body.Contains("app is not in a healthy state"), "the app is unhealthy");
        var before = app.At("/s").Count;
        await sidecar.PublishAsync(topic, "1");
        await sidecar.SendAsync("POST", $"/v1.0/publish/{inMemory}/{topic}", "1");
        await Eventually.StillAsync(() => app.At("/s").Count == before, "deliveries pause");

        healthy = true;
        await Eventually.TrueAsync(() => app.At("/s").Count == before + 1, "deliveries go on");
        await sidecar.SendAsync("POST", $"/v1.0/publish/{inMemory}/{topic}", "2");
        await Eventually.TrueAsync(() => app.At("/m").Count > 0, "memory keeps nothing for later");
        Assert.Equal(2, Assert.Single(app.At("/m")).Json.GetProperty("data").GetInt32());
    }

    [Fact]
    public async Task Stopping_closes_the_api_and_lets_a_running_delivery_finish()
    {
        var topic = Brokers.NewTopic();
        var (entered, release) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var app = await TestApp.StartedAsync(a =>
        {
            a.Subscriptions = $$"""[{"pubsubname":"ps","topic":"{{topic}}","route":"/s"}]""";
            a.OnAsync("/s", async _ =>
            {
                entered.SetResult();
                await release.Task;
                return new Reply();
            });
        });
        await using var connection = await redis.Server.ConnectAsync();
        await using var sidecar = await TestSidecar.StartAsync(
            new SidecarOptions { AppId = "app1", AppPort = app.Port, ShutdownGrace = Eventually.Bound }, Brokers.Component(Brokers.Redis, redis));
        await sidecar.WithSubscriptionsAsync(1);
        await sidecar.PublishAsync(topic, "1");
        await entered.Task;

        var stopping = sidecar.Sidecar.StopAsync(TestContext.Current.CancellationToken);
        await Eventually.TrueAsync(async () =>
        {
            try
            {
                await sidecar.Http.GetAsync("/v1.0/healthz/outbound", TestContext.Current.CancellationToken);
                return false;
            }
            catch (HttpRequestException)
            {
                return true;
            }
        }, "the API is closed");
        Assert.False(stopping.IsCompleted);
        release.SetResult();
        await stopping;

        Assert.Equal(0, sidecar.Sidecar.AbandonedDeliveries);
        Assert.Equal(0, (await connection.GetDatabase().StreamPendingAsync(topic, "app1")).PendingMessageCount);
    }

    [Fact]
    public async Task A_delivery_that_outlasts_the_grace_stays_pending()
    {
        var topic = Brokers.NewTopic();
        var (entered, release) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var app = await TestApp.StartedAsync(a =>
        {
            a.Subscriptions = $$"""[{"pubsubname":"ps","topic":"{{topic}}","route":"/s"}]""";
            a.OnAsync("/s", async _ =>
            {
                entered.TrySetResult();
                await release.Task;
                return new Reply();
            });
        });
        await using var connection = await redis.Server.ConnectAsync();
        await using var sidecar = await TestSidecar.StartAsync(
            new SidecarOptions { AppId = "app1", AppPort = app.Port, ShutdownGrace = TimeSpan.FromMilliseconds(100) }, Brokers.Component(Brokers.Redis, redis));
        await sidecar.WithSubscriptionsAsync(1);
        await sidecar.PublishAsync(topic, "1");
        await entered.Task;

        await sidecar.Sidecar.StopAsync(TestContext.Current.CancellationToken);

        Assert.Equal(1, sidecar.Sidecar.AbandonedDeliveries);
        Assert.Equal(1, (await connection.GetDatabase().StreamPendingAsync(topic, "app1")).PendingMessageCount);
        release.SetResult();
    }

    private static Task<SidecarConfigurationException> FailsAsync(string resource) =>
        Assert.ThrowsAsync<SidecarConfigurationException>(() => TestSidecar.StartAsync(resource));
}
