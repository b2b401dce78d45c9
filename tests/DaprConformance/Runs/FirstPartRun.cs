using FeatureStore.DaprConformance.App;
using FeatureStore.DaprConformance.Comparing;
using FeatureStore.DaprConformance.Recordings;
using FeatureStore.DaprConformance.Reporting;
using FeatureStore.DaprConformance.Sidecars;
using FeatureStore.Harness;

namespace FeatureStore.DaprConformance.Runs;

/// <summary>Replays the part of a pub/sub file that one sidecar served: publishing in every form, and its deliveries.</summary>
public static class FirstPartRun
{
    private const string Startup = "startup: what daprd asks the app, in order";
    private const string EndOfFirstPart = "log lines of this run at level error or warning";
    private const string Down = "Redis is down";

    /// <summary>Those of the app that need no routing: plain, raw, bulk, bulkraw, bulksmall, noslash, both, and one of a pubsub that is not there.</summary>
    private const int Programmatic = 8;

    /// <summary>decl1 and decl2; those two that are declared beside them are for another app, or overridden.</summary>
    private const int DeclaredOnes = 2;

    /// <summary>The one declared at its sidecar with which nothing else is.</summary>
    private const string Declared = "decl1";

    private static readonly string[] DeclaredTopics = [Declared, "decl2", "declother", "both"];

    public static async Task RunAsync(Fixture fixture, RedisServer? redis, FixtureReport report, CancellationToken cancellationToken)
    {
        await using var down = new StoppableRedis(redis is null ? null : await RedisServer.StartAsync());
        await using var phase = await PubSubPhase.StartAsync(
            fixture,
            redis,
            [fixture.Name],
            Subscriptions(fixture),
            Programmatic + DeclaredOnes,
            new Dictionary<string, string> { ["{down}"] = down.Endpoint },
            ["--enable-app-health-check"]);
        phase.Bindings.Replace("127.0.0.1:6391", down.Endpoint);
        await ReplayAsync(fixture, phase, StepsOf(fixture).Where(s => !IsDown(s)), report, cancellationToken);
        if (redis is not null)
        {
            await down.StopAsync();
            await PublishRun.RunAsync(phase, fixture.Included, StepsOf(fixture).Where(IsDown), report, cancellationToken);
        }
    }

    /// <summary>Replays what can be on a sidecar that someone else started, and leaves its streams empty.</summary>
    public static async Task RunAsync(Fixture fixture, ExternalSidecar sidecar, FixtureReport report, CancellationToken cancellationToken)
    {
        await using var phase = await PubSubPhase.StartAsync(fixture, sidecar, Subscriptions(fixture), Programmatic);
        try
        {
            var declares = (await phase.SubscriptionsAsync())?.EnumerateArray().Any(s => s.GetProperty("topic").GetString() == Declared) ?? false;
            var steps = new List<Step>();
            foreach (var step in StepsOf(fixture))
            {
                if (fixture.Included.Contains(step) && WhyNot(step, phase, sidecar, declares) is { } reason)
                {
                    report.NotReplayed(step, reason);
                }
                else
                {
                    steps.Add(step);
                }
            }

            await ReplayAsync(fixture, phase, steps, report, cancellationToken);
            report.RestNotReplayed("each was recorded with a sidecar of its own, which this run may not start; SIDECAR names a program that it may");
            if (phase.Streams is null && fixture.Name == "pubsub-redis")
            {
                report.Note("What the sidecar wrote was not compared: REDIS_ENDPOINT would say where it is.");
            }
        }
        finally
        {
            await (phase.Streams?.EmptyAsync() ?? Task.CompletedTask);
        }
    }

    private static string? WhyNot(Step step, PubSubPhase phase, ExternalSidecar sidecar, bool declares) =>
        IsDown(step) ? "they need a Redis that the run may stop"
        : step.Find("calls") is not null && !phase.App.Calls.Any(c => c.Target == "/dapr/subscribe") ? "the sidecar had asked its app before this run"
        : step.Find("calls") is not null && !sidecar.ProbesApp ? "it was recorded with --enable-app-health-check"
        : step.Find("groups") is not null && phase.Streams is null ? "it looks into Redis, for which REDIS_ENDPOINT would say where it is"
        : !declares && step.Request is not null && DeclaredTopics.Contains(PublishRun.TopicOf(step)) ? "the sidecar has not loaded subscriptions.yaml"
        : null;

    private static async Task ReplayAsync(
        Fixture fixture, PubSubPhase phase, IEnumerable<Step> steps, FixtureReport report, CancellationToken cancellationToken)
    {
        var all = steps.ToList();
        foreach (var step in all.Where(s => s.Find("calls") is not null))
        {
            var calls = step.Find("calls")!.Value;
            var of = new Comparison(phase.Bindings);
            of.Calls(calls, [.. phase.App.CallsProbedOnce.Take(calls.GetArrayLength())]);
            report.Add(step, of);
        }

        await PublishRun.RunAsync(phase, fixture.Included, all.Where(s => s.Request is not null), report, cancellationToken);
        foreach (var step in all.Where(s => s.Find("groups") is not null && phase.Streams is not null))
        {
            var of = new Comparison(phase.Bindings);
            await phase.Streams!.CompareLayoutAsync(of, "plain", step.Json);
            report.Add(step, of);
        }
    }

    private static AppReply Subscriptions(Fixture fixture)
    {
        var calls = fixture.Steps.Single(s => s.Name == Startup).Find("calls")!.Value;
        var asked = calls.EnumerateArray().Single(c => c.GetProperty("path").GetString() == "/dapr/subscribe").GetProperty("reply");
        return AppReply.Recorded(asked, text => text);
    }

    private static IEnumerable<Step> StepsOf(Fixture fixture)
    {
        var end = fixture.Steps.Single(s => s.Name == EndOfFirstPart).Number;
        return fixture.Steps.Where(s => s.Number < end && (fixture.Included.Contains(s) || fixture.Included.IsRun(s)));
    }

    private static bool IsDown(Step step) => step.Name.EndsWith(Down, StringComparison.Ordinal);

    /// <summary>A Redis that is stopped once, by the run or at its end.</summary>
    private sealed class StoppableRedis(RedisServer? server) : IAsyncDisposable
    {
        private Task? _stopped;

        public string Endpoint => server?.Endpoint ?? "127.0.0.1:6391";

        public Task StopAsync() => _stopped ??= server?.StopAsync() ?? Task.CompletedTask;

        public async ValueTask DisposeAsync() => await StopAsync();
    }
}
