using System.Text.Json;
using FeatureStore.DaprConformance.App;
using FeatureStore.DaprConformance.Comparing;
using FeatureStore.DaprConformance.Recordings;
using FeatureStore.DaprConformance.Reporting;
using FeatureStore.DaprConformance.Sidecars;
using FeatureStore.Harness;

namespace FeatureStore.DaprConformance.Runs;

/// <summary>Replays publish, delivery and what the app's replies lead to, on one broker.</summary>
public static class PubSubRun
{
    private const string Startup = "startup: what daprd asks the app, in order";
    private const string EndOfFirstPart = "log lines of this run at level error or warning";

    private static readonly (string Name, string[] Setups)[] Policies =
        [("no resiliency", []), ("retry2 (constant 100ms, maxRetries 2)", ["retry2"]), ("retry2-timeout1s", ["retry2-timeout1s"])];

    public static async Task<FixtureReport> RunAsync(Fixture fixture, CancellationToken cancellationToken)
    {
        var report = new FixtureReport(fixture);
        var external = ExternalSidecar.FromEnvironment() is not null;
        await using var redis = external ? null : await BrokerAsync(fixture);
        if (external)
        {
            await FirstPartAsync(fixture, redis, report, cancellationToken);
            foreach (var step in report.Forgotten.ToList())
            {
                report.NotReplayed(step, "they need a sidecar of their own, which this run may not start");
            }

            return report;
        }

        // Most of it is waiting: the table of replies takes its time beside everything else, with a broker of its own.
        await Task.WhenAll(MatrixAsync(fixture, report, cancellationToken), OthersAsync(fixture, redis, report, cancellationToken));
        return report;
    }

    private static async Task MatrixAsync(Fixture fixture, FixtureReport report, CancellationToken cancellationToken)
    {
        await using var redis = await BrokerAsync(fixture);
        foreach (var (policy, setups) in Policies)
        {
            await RunAsync(slow: false, "matrix");
            if (redis is not null)
            {
                // Recorded with a processing timeout of 1 s throughout. Only these need it; a busy machine would make the
                // others outlast it now and then.
                await RunAsync(slow: true, "slow");
            }

            Task RunAsync(bool slow, string setup) => MatrixRun.RunAsync(
                fixture,
                redis,
                s => s.Name.StartsWith(policy + ": ", StringComparison.Ordinal) && (redis is null || s.Name.Contains("replies slow", StringComparison.Ordinal) == slow),
                [$"{fixture.Name}-{setup}", .. setups],
                report,
                cancellationToken);
        }
    }

    private static async Task OthersAsync(Fixture fixture, RedisServer? redis, FixtureReport report, CancellationToken cancellationToken)
    {
        await FirstPartAsync(fixture, redis, report, cancellationToken);
        await SubscribeRun.RunAsync(fixture, redis, report, cancellationToken);
        if (redis is not null)
        {
            await NumbersAsync(fixture, redis, report, cancellationToken);
            await BulkSizeRun.RunAsync(fixture, redis, report, cancellationToken);
            await FailureRun.RunAsync(fixture, redis, report, cancellationToken);
            await InstancesRun.RunAsync(fixture, redis, report, cancellationToken);
            await KillRun.RunAsync(fixture, redis, report, cancellationToken);
        }
    }

    /// <summary>The Redis of a fixture that has one.</summary>
    private static async Task<RedisServer?> BrokerAsync(Fixture fixture) => fixture.Name != "pubsub-redis" ? null
        : await RedisServer.StartAsync() ?? throw new InvalidOperationException(RedisServer.Missing);

    private static async Task FirstPartAsync(Fixture fixture, RedisServer? redis, FixtureReport report, CancellationToken cancellationToken)
    {
        var calls = fixture.Steps.Single(s => s.Name == Startup).Find("calls")!.Value;
        var asked = calls.EnumerateArray().Single(c => c.GetProperty("path").GetString() == "/dapr/subscribe").GetProperty("reply");
        await using var down = new StoppableRedis(redis is null ? null : await RedisServer.StartAsync());
        await using var phase = await PubSubPhase.StartAsync(
            fixture,
            redis,
            [fixture.Name],
            AppReply.Recorded(asked, text => text),
            Delivered,
            new Dictionary<string, string> { ["{down}"] = down.Endpoint },
            ["--enable-app-health-check"]);
        phase.Bindings.Replace("127.0.0.1:6391", down.Endpoint);
        var end = fixture.Steps.Single(s => s.Name == EndOfFirstPart).Number;
        var steps = fixture.Steps.Where(s => s.Number < end && (fixture.Included.Contains(s) || fixture.Included.IsRun(s))).ToList();
        foreach (var step in steps.Where(s => s.Find("calls") is not null))
        {
            var of = new Comparison(phase.Bindings);
            of.Calls(step.Find("calls")!.Value, [.. phase.App.Calls.Take(calls.GetArrayLength())]);
            report.Add(step, of);
        }

        var calling = steps.Where(s => s.Request is not null).ToLookup(s => s.Name.EndsWith("Redis is down", StringComparison.Ordinal));
        await PublishRun.RunAsync(phase, fixture.Included, calling[false], report, cancellationToken);
        foreach (var step in steps.Where(s => s.Find("groups") is not null && phase.Streams is not null))
        {
            var of = new Comparison(phase.Bindings);
            await phase.Streams!.CompareLayoutAsync(of, "plain", step.Json);
            report.Add(step, of);
        }

        if (redis is not null)
        {
            await down.StopAsync();
            await PublishRun.RunAsync(phase, fixture.Included, calling[true], report, cancellationToken);
        }
    }

    private static async Task NumbersAsync(Fixture fixture, RedisServer redis, FixtureReport report, CancellationToken cancellationToken)
    {
        await using var phase = await PubSubPhase.StartAsync(fixture, redis, [$"{fixture.Name}-plain"], AppReply.Json(NumbersSubscriptions), 3);
        var steps = fixture.Steps.Where(s => fixture.Included.Contains(s) && s.Name.Contains("numbers: ", StringComparison.Ordinal));
        await PublishRun.RunAsync(phase, fixture.Included, steps, report, cancellationToken);
    }

    /// <summary>As the deliveries of those steps show them.</summary>
    private const string NumbersSubscriptions = """
        [{"pubsubname":"ps","topic":"one","route":"/one"},
         {"pubsubname":"ps","topic":"many","route":"/many","bulkSubscribe":{"enabled":true,"maxMessagesCount":100,"maxAwaitDurationMs":500}},
         {"pubsubname":"ps","topic":"manyr","route":"/manyr","metadata":{"rawPayload":"true"},
          "bulkSubscribe":{"enabled":true,"maxMessagesCount":100,"maxAwaitDurationMs":500}}]
        """;

    /// <summary>Those of the first part that need no routing: plain, raw, bulk, bulkraw, bulksmall, noslash, both and two declared ones.</summary>
    private const int Delivered = 9;

    /// <summary>A Redis that is stopped once, by the run or at its end.</summary>
    private sealed class StoppableRedis(RedisServer? server) : IAsyncDisposable
    {
        private Task? _stopped;

        public string Endpoint => server?.Endpoint ?? "127.0.0.1:6391";

        public Task StopAsync() => _stopped ??= server?.StopAsync() ?? Task.CompletedTask;

        public async ValueTask DisposeAsync() => await StopAsync();
    }
}
