using FeatureStore.DevSidecar.Tests.Harness;
using Grpc.Core;
using static FeatureStore.DevSidecar.Tests.Harness.StateCalls;

namespace FeatureStore.DevSidecar.Tests;

/// <summary>A Redis that goes away and comes back, under a sidecar that is not restarted.</summary>
public sealed class RedisOutageTests
{
    [Fact]
    public async Task An_outage_gives_errors_and_its_end_needs_no_restart()
    {
        await using var server = await RedisServer.StartedAsync();
        var topic = Brokers.NewTopic();
        await using var app = await TestApp.StartedAsync(a =>
        {
            a.Subscriptions = $$"""[{"pubsubname":"ps","topic":"{{topic}}","route":"/s"}]""";
            a.On("/s", _ => new Reply());
        });
        await using var sidecar = await TestSidecar.StartAsync(
            new SidecarOptions { AppId = "app1", AppPort = app.Port },
            Yaml.Component("store", "state.redis", ("redisHost", server.Host)),
            Yaml.Component("ps", "pubsub.redis", ("redisHost", server.Host)));
        await sidecar.WithSubscriptionsAsync(1);
        await sidecar.SaveAsync(Item("k", "1"));

        await server.StopAsync();

        // The call's own deadline is the test: without fail-fast it would be queued until Redis is back.
        Assert.Equal(StatusCode.Internal, (await FailsAsync(() => sidecar.GetAsync("k"))).StatusCode);
        Assert.Equal(StatusCode.Internal, (await sidecar.SaveFailsAsync(Item("k", "2"))).StatusCode);
        Assert.Equal(StatusCode.Aborted, (await sidecar.SaveFailsAsync(Item("k", "2", "1"))).StatusCode);
        Assert.All(await sidecar.GetManyAsync("k", "l"), item => Assert.NotEmpty(item.Error));
        var publish = await FailsAsync(() => sidecar.PublishAsync(topic, "1"));
        Assert.Equal(StatusCode.Internal, publish.StatusCode);
        Assert.StartsWith($"error when publishing to topic {topic} in pubsub ps: redis streams: error from publish: ", publish.Status.Detail);

        await server.StartAsync();

        await Eventually.TrueAsync(async () =>
        {
            try
            {
                await sidecar.SaveAsync(Item("k", "3"));
                return true;
            }
            catch (RpcException)
            {
                return false;
            }
        }, "saving works again");
        Assert.Equal("3", (await sidecar.GetAsync("k")).Data.ToStringUtf8());
        await Eventually.TrueAsync(async () =>
        {
            try
            {
                await sidecar.PublishAsync(topic, "2");
            }
            catch (RpcException)
            {
                // Its connection may take longer.
            }

            return app.At("/s").Count > 0;
        }, "events are delivered again");
    }

    [Fact]
    public async Task What_a_dead_sidecar_left_pending_is_claimed()
    {
        await using var server = await RedisServer.StartedAsync();
        var topic = Brokers.NewTopic();
        await using (var connection = await server.ConnectAsync())
        {
            var database = connection.GetDatabase();
            await database.StreamAddAsync(topic, [new("data", "{\"data\":1}"), new("metadata", "{}")]);
            await database.StreamCreateConsumerGroupAsync(topic, "app1", "0");
            Assert.Single(await database.StreamReadGroupAsync(topic, "app1", "dead", ">"));
        }

        await using var app = await TestApp.StartedAsync(a =>
        {
            a.Subscriptions = $$"""[{"pubsubname":"ps","topic":"{{topic}}","route":"/s"}]""";
            a.On("/s", _ => new Reply());
        });
        await using var sidecar = await TestSidecar.StartAsync(
            new SidecarOptions { AppId = "app1", AppPort = app.Port },
            Yaml.Component("ps", "pubsub.redis", ("redisHost", server.Host), ("processingTimeout", "100"), ("redeliverInterval", "50")));

        await Eventually.TrueAsync(() => app.At("/s").Count == 1, "the pending event");
        await using var check = await server.ConnectAsync();
        await Eventually.TrueAsync(
            async () => (await check.GetDatabase().StreamPendingAsync(topic, "app1")).PendingMessageCount == 0, "it is acknowledged");
    }

    private static async Task<RpcException> FailsAsync(Func<Task> call) => await Assert.ThrowsAsync<RpcException>(call);
}
