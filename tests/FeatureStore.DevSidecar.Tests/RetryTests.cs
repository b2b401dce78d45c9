using FeatureStore.DevSidecar.Tests.Harness;
using Microsoft.Extensions.Time.Testing;

namespace FeatureStore.DevSidecar.Tests;

/// <summary>For how long a policy retries, by a clock of the test's own.</summary>
public sealed class RetryTests(SharedRedis redis)
{
    /// <summary>daprd's bound for an exponential policy.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(15);

    /// <summary>An interval and half as much again.</summary>
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(90);

    private static readonly TimeSpan Step = TimeSpan.FromSeconds(5);

    private readonly string _topic = Brokers.NewTopic();
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task An_exponential_policy_ends_after_fifteen_minutes_in_the_dead_letter_topic()
    {
        await using var app = await AppAsync();
        await using var sidecar = await StartAsync(app, "policy: exponential\nmaxInterval: 60s\nmaxRetries: -1");
        var started = _time.GetTimestamp();

        await sidecar.PublishAsync(_topic, "1");
        await Eventually.TrueAsync(() =>
        {
            _time.Advance(Step);
            return app.At("/dead").Count == 1;
        }, "the dead letter");

        Assert.True(_time.GetElapsedTime(started) > Longest - LongestDelay, "it is not given up before");
        Assert.InRange(app.At("/s").Count, 3, int.MaxValue);
    }

    [Fact]
    public async Task A_constant_policy_goes_on()
    {
        await using var app = await AppAsync();
        await using var sidecar = await StartAsync(app, "policy: constant\nduration: 60s\nmaxRetries: -1");

        await sidecar.PublishAsync(_topic, "1");
        await Eventually.TrueAsync(() =>
        {
            _time.Advance(Step);
            return app.At("/s").Count > 20;
        }, "an attempt after twenty minutes");

        Assert.Empty(app.At("/dead"));
    }

    private Task<TestApp> AppAsync() => TestApp.StartedAsync(app =>
    {
        app.Subscriptions = $$"""
            [{"pubsubname":"ps","topic":"{{_topic}}","route":"/s","deadLetterTopic":"{{_topic}}-dead"},
             {"pubsubname":"ps","topic":"{{_topic}}-dead","route":"/dead"}]
            """;
        app.On("/s", _ => new Reply(500)).On("/dead", _ => new Reply());
    });

    private async Task<TestSidecar> StartAsync(TestApp app, string policy) => await (await TestSidecar.StartAsync(
        new SidecarOptions { AppId = "app1", AppPort = app.Port }, _time, Brokers.Component(Brokers.InMemory, redis), Yaml.Retry("ps", policy))).WithSubscriptionsAsync(2);
}
