using System.Text.Json;
using FeatureStore.DaprConformance.App;
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

    /// <summary>The app's port, its host and Redis as this run has them.</summary>
    public static Bindings BindingsFor(RecordedApp app)
    {
        var bindings = new Bindings();
        bindings.Replace("127.0.0.1:3701", $"127.0.0.1:{app.Port}");
        bindings.Replace("3701", app.Port.ToString(System.Globalization.CultureInfo.InvariantCulture));
        return bindings;
    }

    private async Task AppComesLateAsync()
    {
        await FlushAsync();
        var app = new RecordedApp(FreePort.Next()) { Subscriptions = AppReply.Json(Subscriptions) };
        await using var sidecar = await StartAsync(app, ["runtime"], ["--enable-app-health-check"]);
        var bindings = BindingsFor(app);
        using var replay = new Replay(fixture, sidecar, bindings);
        foreach (var step in Named("app not up: ").Concat(Named("grpc: app not up: ")).OrderBy(s => s.Number))
        {
            report.Add(step, await replay.CallAsync(step, cancellationToken));
        }

        var comes = fixture.Steps.Single(s => s.Name == "app comes up: calls it gets, in order");
        var calls = comes.Find("calls")!.Value;
        await app.StartAsync();
        await using (app)
        {
            await Watch.UntilAsync(() => app.Calls.Count >= calls.GetArrayLength(), cancellationToken);
            await Watch.UntilAsync(async () => (await replay.Http.CallAsync("GET", "/v1.0/healthz", [], null, cancellationToken)).Status == 204, cancellationToken);
            var of = new Comparison(bindings);
            of.Calls(calls, [.. app.Calls.Take(calls.GetArrayLength())]);
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
        await Watch.UntilAsync(() => app.Calls.Count >= calls.GetArrayLength(), cancellationToken);
        await Task.Delay(TimeSpan.FromMilliseconds(500), cancellationToken);
        var of = new Comparison(BindingsFor(app));
        of.Calls(calls, app.Calls);
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
                await Watch.UntilAsync(() => app.Calls.Count >= calls.GetArrayLength(), cancellationToken);
                of.Calls(calls, [.. app.Calls.Take(calls.GetArrayLength())]);
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

    private IEnumerable<Step> Named(string start) =>
        fixture.Steps.Where(s => fixture.Included.Contains(s) && s.Name.StartsWith(start, StringComparison.Ordinal) && s.Request is not null);

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
