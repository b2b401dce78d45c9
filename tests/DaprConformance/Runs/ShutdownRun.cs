using System.Globalization;
using System.Text.RegularExpressions;
using FeatureStore.DaprConformance.App;
using FeatureStore.DaprConformance.Calls;
using FeatureStore.DaprConformance.Comparing;
using FeatureStore.DaprConformance.Recordings;
using FeatureStore.DaprConformance.Reporting;
using FeatureStore.DaprConformance.Rows;
using FeatureStore.DaprConformance.Sidecars;
using FeatureStore.Harness;

namespace FeatureStore.DaprConformance.Runs;

/// <summary>Replays how a sidecar ends while the app works on an event.</summary>
public static partial class ShutdownRun
{
    public static async Task RunAsync(Fixture fixture, RedisServer redis, FixtureReport report, CancellationToken cancellationToken)
    {
        foreach (var step in fixture.Steps.Where(s => fixture.Included.Contains(s) && s.Name.StartsWith("shutdown: ", StringComparison.Ordinal)))
        {
            report.Add(step, await RunAsync(step, redis, cancellationToken));
        }
    }

    private static async Task<Comparison> RunAsync(Step step, RedisServer redis, CancellationToken cancellationToken)
    {
        var of = new Comparison(new Bindings());
        await using var streams = await RedisStreams.ConnectAsync(redis.Endpoint);
        await streams.FlushAsync();
        await using var app = await RecordedApp.StartAsync(
            FreePort.Next(), a => a.Subscriptions = AppReply.Json("""[{"pubsubname":"ps","topic":"t","route":"/t"}]"""));
        var seconds = double.Parse(InFlight().Match(step.Find("note")!.Value.GetString()!).Groups[1].ValueSpan, CultureInfo.InvariantCulture);
        app.Answer = _ => AppReply.Of(200) with { Delay = TimeSpan.FromSeconds(seconds) };
        await using var sidecar = await SidecarProcess.StartAsync(new SidecarSettings
        {
            AppPort = app.Port,
            Setups = ["shutdown"],
            Values = new Dictionary<string, string> { ["{redis}"] = redis.Endpoint },
            Flags = step.Name.EndsWith("grace of 1 s", StringComparison.Ordinal) ? ["--dapr-graceful-shutdown-seconds", "1"] : [],
        });
        using var http = new HttpCaller(sidecar.Http, new Bindings());
        await http.CallAsync("POST", "/v1.0/publish/ps/t", [("Content-Type", "application/json")], "{}"u8.ToArray(), cancellationToken);
        await Watch.UntilAsync(() => app.Calls.Any(c => c.Target == "/t"), cancellationToken);
        if (step.Response is { } response)
        {
            of.Http(response, await http.CallAsync("POST", "/v1.0/shutdown", [], null, cancellationToken));
        }
        else
        {
            sidecar.Process.Signal("TERM");
        }

        var closed = await Watch.UntilAsync(() => IsClosedAsync(http, cancellationToken), cancellationToken);
        of.Text("the API closes", "True", closed.ToString());
        of.Text("exit_code", step.Find("exit_code")!.Value.ToString(), (await sidecar.Process.WaitForExitAsync()).ToString(CultureInfo.InvariantCulture));
        of.Number("pending_in_redis", step.Find("pending_in_redis")!.Value.GetInt32(), await streams.PendingAsync("t"));
        of.Calls(step.Find("app_received")!.Value, [.. app.Calls.Where(c => c.Method == "POST")]);
        return of;
    }

    private static async Task<bool> IsClosedAsync(HttpCaller http, CancellationToken cancellationToken)
    {
        try
        {
            await http.CallAsync("GET", "/v1.0/healthz", [], null, cancellationToken);
            return false;
        }
        catch (HttpRequestException)
        {
            return true;
        }
    }

    [GeneratedRegex("in flight in the app for ([0-9.]+) s")]
    private static partial Regex InFlight();
}
