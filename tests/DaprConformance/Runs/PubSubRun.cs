using FeatureStore.DaprConformance.App;
using FeatureStore.DaprConformance.Recordings;
using FeatureStore.DaprConformance.Reporting;
using FeatureStore.DaprConformance.Sidecars;
using FeatureStore.Harness;

namespace FeatureStore.DaprConformance.Runs;

/// <summary>Replays publish, delivery and what the app's replies lead to, on one broker.</summary>
public static class PubSubRun
{
    private static readonly (string Name, string[] Setups)[] Policies =
        [("no resiliency", []), ("retry2 (constant 100ms, maxRetries 2)", ["retry2"]), ("retry2-timeout1s", ["retry2-timeout1s"])];

    /// <summary>As the deliveries of those steps show them.</summary>
    private const string NumbersSubscriptions = """
        [{"pubsubname":"ps","topic":"one","route":"/one"},
         {"pubsubname":"ps","topic":"many","route":"/many","bulkSubscribe":{"enabled":true,"maxMessagesCount":100,"maxAwaitDurationMs":500}},
         {"pubsubname":"ps","topic":"manyr","route":"/manyr","metadata":{"rawPayload":"true"},
          "bulkSubscribe":{"enabled":true,"maxMessagesCount":100,"maxAwaitDurationMs":500}}]
        """;

    public static async Task<FixtureReport> RunAsync(Fixture fixture, CancellationToken cancellationToken)
    {
        var report = new FixtureReport(fixture);
        if (ExternalSidecar.Current is { } external)
        {
            await FirstPartRun.RunAsync(fixture, external, report, cancellationToken);
            return report;
        }

        // Most of it is waiting: the parts take their time beside each other, each with a broker of its own.
        Func<RedisServer?, Task>[] parts = fixture.Name == "pubsub-redis"
            ? [
                redis => MatrixAsync(fixture, redis, slow: false, report, cancellationToken),
                redis => FirstAsync(fixture, redis, report, cancellationToken),
                redis => FailuresAsync(fixture, redis!, report, cancellationToken),
                redis => KillRun.RunAsync(fixture, redis!, report, cancellationToken),
            ]
            : [_ => MatrixAsync(fixture, null, slow: null, report, cancellationToken), _ => FirstAsync(fixture, null, report, cancellationToken)];
        await Task.WhenAll(parts.Select(part => WithBrokerAsync(fixture, part)));
        if (fixture.Name == "pubsub-redis")
        {
            // Recorded with a processing timeout of 1 s, as was the whole table: the others would outlast it now and then on
            // a busy machine, and these come last, when it is less so.
            await WithBrokerAsync(fixture, redis => MatrixAsync(fixture, redis, slow: true, report, cancellationToken));
        }

        return report;
    }

    /// <param name="fixture">The file.</param>
    /// <param name="redis">Its Redis, if it has one.</param>
    /// <param name="slow">The slow replies, or the others; null: all.</param>
    /// <param name="report">Takes what comes of it.</param>
    /// <param name="cancellationToken">Ends it.</param>
    private static async Task MatrixAsync(Fixture fixture, RedisServer? redis, bool? slow, FixtureReport report, CancellationToken cancellationToken)
    {
        foreach (var (policy, setups) in Policies)
        {
            await MatrixRun.RunAsync(
                fixture,
                redis,
                s => s.Name.StartsWith(policy + ": ", StringComparison.Ordinal) && (slow is null || s.Name.Contains("replies slow", StringComparison.Ordinal) == slow),
                [$"{fixture.Name}-{(slow is true ? "slow" : "matrix")}", .. setups],
                report,
                cancellationToken);
        }
    }

    private static async Task FirstAsync(Fixture fixture, RedisServer? redis, FixtureReport report, CancellationToken cancellationToken)
    {
        await FirstPartRun.RunAsync(fixture, redis, report, cancellationToken);
        await SubscribeRun.RunAsync(fixture, redis, report, cancellationToken);
        if (redis is not null)
        {
            await NumbersAsync(fixture, redis, report, cancellationToken);
        }
    }

    private static async Task FailuresAsync(Fixture fixture, RedisServer redis, FixtureReport report, CancellationToken cancellationToken)
    {
        await BulkSizeRun.RunAsync(fixture, redis, report, cancellationToken);
        await PartialFailureRun.RunAsync(fixture, redis, report, cancellationToken);
        await FailureRun.RunAsync(fixture, redis, report, cancellationToken);
        await InstancesRun.RunAsync(fixture, redis, report, cancellationToken);
    }

    private static async Task NumbersAsync(Fixture fixture, RedisServer redis, FixtureReport report, CancellationToken cancellationToken)
    {
        await using var phase = await PubSubPhase.StartAsync(fixture, redis, [$"{fixture.Name}-plain"], AppReply.Json(NumbersSubscriptions), 3);
        var steps = fixture.Steps.Where(s => fixture.Included.Contains(s) && s.Name.Contains("numbers: ", StringComparison.Ordinal));
        await PublishRun.RunAsync(phase, fixture.Included, steps, report, cancellationToken);
    }

    /// <summary>Gives a part its Redis, if the file has one.</summary>
    private static async Task WithBrokerAsync(Fixture fixture, Func<RedisServer?, Task> part)
    {
        await using var redis = fixture.Name != "pubsub-redis" ? null
            : await RedisServer.StartAsync() ?? throw new InvalidOperationException(RedisServer.Missing);
        await part(redis);
    }
}
