using System.Text.Json;
using FeatureStore.DaprConformance.App;
using FeatureStore.DaprConformance.Calls;
using FeatureStore.DaprConformance.Comparing;
using FeatureStore.DaprConformance.Recordings;
using FeatureStore.DaprConformance.Reporting;
using FeatureStore.DaprConformance.Rows;
using FeatureStore.DaprConformance.Sidecars;
using FeatureStore.Harness;

namespace FeatureStore.DaprConformance.Runs;

/// <summary>Replays health, metadata, tokens and the order in which a sidecar and its app find each other.</summary>
public sealed class RuntimeRun(Fixture fixture, RedisServer redis, FixtureReport report, CancellationToken cancellationToken)
{
    private const string Subscriptions = """
        [{"pubsubname":"ps","topic":"t","route":"/t","deadLetterTopic":"td"},{"pubsubname":"psm","topic":"m","route":"/m"}]
        """;

    public static async Task<FixtureReport> RunAsync(Fixture fixture, CancellationToken cancellationToken)
    {
        var report = new FixtureReport(fixture);
        if (ExternalSidecar.Current is { } external)
        {
            await RunAsync(fixture, external, report, cancellationToken);
            return report;
        }

        await using var redis = await RedisServer.StartAsync() ?? throw new InvalidOperationException(RedisServer.Missing);
        var run = new RuntimeRun(fixture, redis, report, cancellationToken);
        await run.AppComesLateAsync();
        await new AppHealthRun(fixture, redis, report, cancellationToken).RunAsync();
        await run.StartupCallsAsync("without --enable-app-health-check: calls at startup", ["tokens"], []);
        await run.StartupCallsAsync("without any pubsub component: calls at startup", [], ["--enable-app-health-check"]);
        await run.TokensAsync();
        await ComponentsRun.RunAsync(fixture, redis, report, cancellationToken);
        await ShutdownRun.RunAsync(fixture, redis, report, cancellationToken);
        return report;
    }

    /// <summary>Replays, on a sidecar that someone else started and whose app has not come yet, what it does until it has.</summary>
    private static async Task RunAsync(Fixture fixture, ExternalSidecar sidecar, FixtureReport report, CancellationToken cancellationToken)
    {
        using var caller = new HttpCaller(sidecar.Http, new Bindings(), sidecar.ApiToken);
        var ready = await caller.CallAsync("GET", "/v1.0/healthz", [], null, cancellationToken);
        var stored = await caller.CallAsync("GET", "/v1.0/state/store/k", [], null, cancellationToken);
        if (!sidecar.HasApp || !sidecar.ProbesApp)
        {
            report.RestNotReplayed("they were recorded with --app-port and --enable-app-health-check");
            return;
        }

        if (ready.Status != 500 || stored.Status != 204)
        {
            report.RestNotReplayed("they begin with a sidecar that has not met an app yet, and with an empty Redis: start both anew");
            return;
        }

        var app = RecordedApp.For(sidecar, a => a.Subscriptions = AppReply.Json(Subscriptions));
        await AppComesLateAsync(fixture, sidecar, app, BindingsFor(app, sidecar.AppAddress), report, cancellationToken);
        await caller.CallAsync("DELETE", "/v1.0/state/store/k", [], null, cancellationToken);
        report.RestNotReplayed("each was recorded with a sidecar of its own, which this run may not start; SIDECAR names a program that it may");
    }

    /// <summary>The app's port, its host and Redis as this run has them.</summary>
    public static Bindings BindingsFor(RecordedApp app, string address = "127.0.0.1")
    {
        var bindings = new Bindings();
        bindings.Replace("127.0.0.1:3701", $"{address}:{app.Port}");
        bindings.Replace("3701", app.Port.ToString(System.Globalization.CultureInfo.InvariantCulture));
        return bindings;
    }

    private async Task AppComesLateAsync()
    {
        await FlushAsync();
        var app = new RecordedApp(FreePort.Next()) { Subscriptions = AppReply.Json(Subscriptions) };
        await using var sidecar = await StartAsync(app, ["runtime"], ["--enable-app-health-check"]);
        await AppComesLateAsync(fixture, sidecar, app, BindingsFor(app), report, cancellationToken);
    }

    private static async Task AppComesLateAsync(
        Fixture fixture, ISidecar sidecar, RecordedApp app, Bindings bindings, FixtureReport report, CancellationToken cancellationToken)
    {
        using var replay = new Replay(fixture, sidecar, bindings);
        foreach (var step in fixture.Steps.Where(s => fixture.Included.Contains(s) && s.Request is not null && s.Name.Contains("app not up: ", StringComparison.Ordinal)))
        {
            report.Add(step, await replay.CallAsync(step, cancellationToken));
        }

        var comes = fixture.Steps.Single(s => s.Name == "app comes up: calls it gets, in order");
        var calls = comes.Find("calls")!.Value;
        await app.StartAsync();
        await using (app)
        {
            await Watch.UntilAsync(() => app.CallsProbedOnce.Count >= calls.GetArrayLength(), cancellationToken);
            await Watch.UntilAsync(async () => (await replay.Http.CallAsync("GET", "/v1.0/healthz", [], null, cancellationToken)).Status == 204, cancellationToken);
            var of = new Comparison(bindings);
            of.Calls(calls, [.. app.CallsProbedOnce.Take(calls.GetArrayLength())]);
            report.Add(comes, of);
            foreach (var step in fixture.Steps.Where(s => s.Number > comes.Number && s.Number < 32 && fixture.Included.Contains(s)))
            {
                report.Add(step, await replay.CallAsync(step, cancellationToken));
            }
        }
    }

    private async Task StartupCallsAsync(string name, IReadOnlyList<string> setups, IReadOnlyList<string> flags)
    {
        var step = fixture.Steps.Single(s => s.Name == name);
        await using var app = await RecordedApp.StartAsync(FreePort.Next(), a => a.Subscriptions = AppReply.Json(Subscriptions));
        await using var sidecar = await StartAsync(app, setups, flags);
        var calls = step.Find("calls")!.Value;
        await Watch.UntilAsync(() => app.CallsProbedOnce.Count >= calls.GetArrayLength(), cancellationToken);
        await Task.Delay(TimeSpan.FromMilliseconds(500), cancellationToken);
        var of = new Comparison(BindingsFor(app));
        of.Calls(calls, app.CallsProbedOnce);
        report.Add(step, of);
    }

    private async Task TokensAsync()
    {
        await FlushAsync();
        await using var app = await RecordedApp.StartAsync(FreePort.Next(), a => a.Subscriptions = AppReply.Json(Subscriptions));
        await using var sidecar = await StartAsync(app, ["tokens"], ["--enable-app-health-check"], new Dictionary<string, string?>
        {
            ["DAPR_API_TOKEN"] = "secret-token",
            ["APP_API_TOKEN"] = "app-token",
        });
        var bindings = BindingsFor(app);
        using var replay = new Replay(fixture, sidecar, bindings);
        foreach (var step in fixture.Steps.Where(s => fixture.Included.Contains(s) && (s.Name.Contains("api token ", StringComparison.Ordinal) || s.Name.StartsWith("APP_API_TOKEN", StringComparison.Ordinal))))
        {
            var of = new Comparison(bindings);
            if (step.Find("calls") is { } calls)
            {
                await Watch.UntilAsync(() => app.CallsProbedOnce.Count >= calls.GetArrayLength(), cancellationToken);
                of.Calls(calls, [.. app.CallsProbedOnce.Take(calls.GetArrayLength())]);
            }
            else
            {
                var script = new DeliveryScript(step, "app_received", of, bindings, new Lock());
                app.Answer = script.Answer;
                await replay.CallAsync(step, of, cancellationToken);
                await Watch.UntilAsync(() => script.IsComplete, cancellationToken);
                script.Close();
            }

            report.Add(step, of);
        }
    }

    private Task<SidecarProcess> StartAsync(
        RecordedApp app, IReadOnlyList<string> setups, IReadOnlyList<string> flags, IReadOnlyDictionary<string, string?>? environment = null) =>
        SidecarProcess.StartAsync(new SidecarSettings
        {
            AppPort = app.Port,
            Setups = setups,
            Values = new Dictionary<string, string> { ["{redis}"] = redis.Endpoint },
            Flags = flags,
            Environment = environment ?? new Dictionary<string, string?>(),
        });

    private async Task FlushAsync()
    {
        await using var streams = await RedisStreams.ConnectAsync(redis.Endpoint);
        await streams.FlushAsync();
    }
}
