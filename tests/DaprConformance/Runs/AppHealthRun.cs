using System.Text.Json;
using FeatureStore.DaprConformance.App;
using FeatureStore.DaprConformance.Comparing;
using FeatureStore.DaprConformance.Recordings;
using FeatureStore.DaprConformance.Reporting;
using FeatureStore.DaprConformance.Rows;
using FeatureStore.DaprConformance.Sidecars;
using FeatureStore.Harness;

namespace FeatureStore.DaprConformance.Runs;

/// <summary>Replays an app that becomes unhealthy, recovers, or is unhealthy from the start.</summary>
public sealed class AppHealthRun(Fixture fixture, RedisServer redis, FixtureReport report, CancellationToken cancellationToken)
{
    private const string Subscriptions = """
        [{"pubsubname":"ps","topic":"t","route":"/t","deadLetterTopic":"td"},{"pubsubname":"psm","topic":"m","route":"/m"}]
        """;

    private static readonly TimeSpan Watched = TimeSpan.FromMilliseconds(1500);

    public async Task RunAsync()
    {
        await using var streams = await RedisStreams.ConnectAsync(redis.Endpoint);
        await streams.FlushAsync();
        await using var app = await RecordedApp.StartAsync(FreePort.Next(), a => a.Subscriptions = AppReply.Json(Subscriptions));
        await using var sidecar = await StartAsync(app);
        var bindings = RuntimeRun.BindingsFor(app);
        using var replay = new Replay(fixture, sidecar, bindings);
        await Watch.UntilAsync(async () => (await SubscriptionsAsync(replay)).GetArrayLength() == 2, cancellationToken);
        var probe = Step("app health: the probe request");
        var ofProbe = new Comparison(bindings);
        ofProbe.Call("probe", probe.Find("probe")!.Value, app.Calls.First(c => c.Target == "/healthz"));
        report.Add(probe, ofProbe);

        app.Health = AppReply.Of(503);
        await InvokeGivesAsync(replay, 500);
        foreach (var step in fixture.Steps.Where(s => s.Name.StartsWith("app unhealthy: ", StringComparison.Ordinal) && s.Request is not null))
        {
            report.Add(step, await replay.CallAsync(step, cancellationToken));
        }

        await WhileUnhealthyAsync(Step("app unhealthy: deliveries in the next 1.5 s"), app, replay, streams, bindings);
        await HealthyAgainAsync(app, replay, bindings);
        await ProbeAnswersAsync(app, replay, bindings);
        await FromTheStartAsync();
    }

    private async Task WhileUnhealthyAsync(Step step, RecordedApp app, Replay replay, RedisStreams streams, Bindings bindings)
    {
        await Task.Delay(Watched, cancellationToken);
        var of = new Comparison(bindings);
        of.Calls(step.Find("app_received")!.Value, Events(app, "/t", "/m"));
        of.Json("metadata_subscriptions", step.Find("metadata_subscriptions")!.Value, await SubscriptionsAsync(replay));
        of.Number("pending_in_redis", step.Find("pending_in_redis")!.Value.GetInt32(), await streams.PendingAsync("t"));
        report.Add(step, of);
    }

    /// <summary>Only events are compared; how many probes came in between is a matter of time.</summary>
    private async Task HealthyAgainAsync(RecordedApp app, Replay replay, Bindings bindings)
    {
        app.Health = AppReply.Of(200);
        await Watch.UntilAsync(() => Events(app, "/t").Count == 1, cancellationToken);
        await Task.Delay(TimeSpan.FromMilliseconds(300), cancellationToken);
        var again = Step("app healthy again: what it gets");
        var of = new Comparison(bindings);
        var recorded = again.Find("app_received")!.Value.EnumerateArray().Where(c => c.GetProperty("method").GetString() == "POST").ToList();
        of.Calls(JsonSerializer.SerializeToElement(recorded), Events(app, "/t"));
        of.Number("app_received of the in-memory broker", 0, Events(app, "/m").Count);
        report.Add(again, of);

        foreach (var (name, topic, before) in new[] { ("app healthy again: publish (redis)", "/t", 0), ("app healthy again: publish (in-memory)", "/m", Events(app, "/m").Count) })
        {
            var step = Step(name);
            var ofStep = await replay.CallAsync(step, cancellationToken);
            var received = step.Find("app_received")!.Value;
            await Watch.UntilAsync(() => Events(app, topic).Count - before >= received.GetArrayLength(), cancellationToken);
            ofStep.Calls(received, [.. Events(app, topic).Skip(before)]);
            report.Add(step, ofStep);
        }
    }

    private async Task ProbeAnswersAsync(RecordedApp app, Replay replay, Bindings bindings)
    {
        (string Step, AppReply Probe, int Before)[] answers =
        [
            ("app health: probe answers 404: invoke afterwards gives", AppReply.Of(404), 200),
            ("app health: probe answers 302: invoke afterwards gives", AppReply.Of(302), 200),
            ("app health: probe answers 204: invoke afterwards gives", AppReply.Of(204), 500),
            ("app health: probe takes 700 ms (timeout 500 ms): invoke afterwards gives", AppReply.Of(200) with { Delay = TimeSpan.FromMilliseconds(700) }, 200),
        ];
        foreach (var (name, probe, before) in answers)
        {
            // From the other state, so that what the probe answers is what changes it.
            app.Health = AppReply.Of(before == 200 ? 200 : 503);
            await InvokeGivesAsync(replay, before);
            app.Health = probe;
            var step = Step(name);
            var expected = step.Find("status_of_invoke")!.Value.GetInt32();
            var of = new Comparison(bindings);
            of.Number("status_of_invoke", expected, await InvokeGivesAsync(replay, expected));
            report.Add(step, of);
        }
    }

    private async Task FromTheStartAsync()
    {
        var calls = Step("app unhealthy from the start, then healthy: calls");
        await using var app = await RecordedApp.StartAsync(FreePort.Next(), a =>
        {
            a.Subscriptions = AppReply.Json(Subscriptions);
            a.Health = AppReply.Of(503);
        });
        await using var sidecar = await StartAsync(app);
        var bindings = RuntimeRun.BindingsFor(app);
        using var replay = new Replay(fixture, sidecar, bindings);
        await Watch.UntilAsync(() => app.Calls.Count >= 2, cancellationToken);
        var before = Step("app unhealthy from the start: GET /v1.0/healthz");
        report.Add(before, await replay.CallAsync(before, cancellationToken));
        var probed = app.Calls.Count;
        app.Health = AppReply.Of(200);
        await Watch.UntilAsync(() => Collapsed(app.Calls.Skip(probed)).Count >= calls.Find("calls_after")!.Value.GetArrayLength(), cancellationToken);
        var of = new Comparison(bindings);
        of.Json("calls_before", JsonSerializer.SerializeToElement(new[] { "/healthz" }), JsonSerializer.SerializeToElement(Collapsed(app.Calls.Take(probed))));
        of.Json("calls_after", calls.Find("calls_after")!.Value, JsonSerializer.SerializeToElement(Collapsed(app.Calls.Skip(probed))));
        report.Add(calls, of);
        var after = Step("app unhealthy from the start, then healthy: GET /v1.0/healthz");
        report.Add(after, await replay.CallAsync(after, cancellationToken));
    }

    /// <summary>Probes that follow each other count as one: how many there are is a matter of time.</summary>
    private static List<string> Collapsed(IEnumerable<AppCall> calls)
    {
        var targets = new List<string>();
        foreach (var target in calls.Select(c => c.Target).Where(t => targets.Count == 0 || targets[^1] != t))
        {
            targets.Add(target);
        }

        return targets;
    }

    private async Task<int> InvokeGivesAsync(Replay replay, int status)
    {
        var last = 0;
        await Watch.UntilAsync(
            async () => (last = (await replay.Http.CallAsync("GET", "/v1.0/invoke/app1/method/x", [], null, cancellationToken)).Status) == status, cancellationToken);
        return last;
    }

    private async Task<JsonElement> SubscriptionsAsync(Replay replay)
    {
        var reply = await replay.Http.CallAsync("GET", "/v1.0/metadata", [], null, cancellationToken);
        return JsonDocument.Parse(reply.Body).RootElement.TryGetProperty("subscriptions", out var subscriptions)
            ? subscriptions
            : JsonSerializer.SerializeToElement(Array.Empty<object>());
    }

    private static List<AppCall> Events(RecordedApp app, params string[] routes) => [.. app.Calls.Where(c => routes.Contains(c.Target))];

    private Step Step(string name) => fixture.Steps.Single(s => s.Name == name);

    private Task<SidecarProcess> StartAsync(RecordedApp app) => SidecarProcess.StartAsync(new SidecarSettings
    {
        AppPort = app.Port,
        Setups = ["runtime"],
        Values = new Dictionary<string, string> { ["{redis}"] = redis.Endpoint },
        Flags = ["--enable-app-health-check", "--app-health-probe-interval", "1", "--app-health-threshold", "2"],
    });
}
