using FeatureStore.DaprConformance.App;
using FeatureStore.DaprConformance.Comparing;
using FeatureStore.DaprConformance.Recordings;
using FeatureStore.DaprConformance.Reporting;
using FeatureStore.DaprConformance.Sidecars;
using FeatureStore.Harness;

namespace FeatureStore.DaprConformance.Runs;

/// <summary>Replays invocations: app1 calls app2 by way of both their sidecars.</summary>
public static class InvokeRun
{
    private const string NotListening = "callee app not listening";
    private const string Unhealthy = "callee app not listening, after its health checks failed";
    private const string Gone = "callee daprd gone";
    private const string NoAppPort = "self-invocation when daprd has no app-port";
    private static readonly string[] Last = [NotListening, Unhealthy, Gone, NoAppPort];

    public static async Task<FixtureReport> RunAsync(Fixture fixture, CancellationToken cancellationToken)
    {
        var report = new FixtureReport(fixture);
        var bindings = new Bindings();
        await using var self = await RecordedApp.StartAsync(FreePort.Next());
        var callee = await RecordedApp.StartAsync(FreePort.Next());
        bindings.Replace("127.0.0.1:3701", $"127.0.0.1:{self.Port}");
        bindings.Replace("127.0.0.1:3702", $"127.0.0.1:{callee.Port}");
        var app2 = new SidecarSettings { AppId = "app2", AppPort = callee.Port };
        await using var second = await SidecarProcess.StartAsync(app2);
        await using var first = await SidecarProcess.StartAsync(new SidecarSettings { AppPort = self.Port, Flags = Peers(second) });
        using var replay = new Replay(fixture, first, bindings);
        var steps = fixture.Steps.Where(fixture.Included.Contains).ToDictionary(s => s.Name);

        // A callee counts as unhealthy after its app has gone: with quick probes, which the others need not have.
        await using var impatient = await SidecarProcess.StartAsync(app2 with
        {
            Flags = ["--enable-app-health-check", "--app-health-probe-interval", "1", "--app-health-threshold", "1"],
        });
        await using var caller = await SidecarProcess.StartAsync(new SidecarSettings { Flags = Peers(impatient) });
        using var replayOfImpatient = new Replay(fixture, caller, bindings);
        foreach (var step in steps.Values.Where(s => !Last.Contains(s.Name)))
        {
            var of = new Comparison(bindings);
            var script = new DeliveryScript(step, "callee_received", of, bindings, new Lock());
            self.Answer = callee.Answer = script.Answer;
            await replay.CallAsync(step, of, cancellationToken);
            script.Close();
            report.Add(step, of);
        }

        await Watch.UntilAsync(() => callee.Calls.Any(c => c.Target == "/healthz"), cancellationToken);
        await callee.DisposeAsync();
        report.Add(steps[NotListening], await replay.CallAsync(steps[NotListening], cancellationToken));
        await Watch.UntilAsync(() => SaysUnhealthyAsync(replayOfImpatient, cancellationToken), cancellationToken);
        report.Add(steps[Unhealthy], await replayOfImpatient.CallAsync(steps[Unhealthy], cancellationToken));
        report.Add(steps[NoAppPort], await replayOfImpatient.CallAsync(steps[NoAppPort], cancellationToken));
        second.Process.Signal("KILL");
        await second.Process.WaitForExitAsync();
        report.Add(steps[Gone], await replay.CallAsync(steps[Gone], cancellationToken));
        return report;
    }

    private static async Task<bool> SaysUnhealthyAsync(Replay replay, CancellationToken cancellationToken)
    {
        var reply = await replay.Http.CallAsync("GET", "/v1.0/invoke/app2/method/json", [], null, cancellationToken);
        return RecordedText.Of(reply.Body).Contains("healthy state", StringComparison.Ordinal);
    }

    /// <summary>Where daprd asks a name resolver. The port of "dead" is one on which nobody listens.</summary>
    private static IReadOnlyList<string> Peers(SidecarProcess app2) =>
        SidecarProcess.IsDevSidecar ? ["--peer", $"app2={app2.Http}", "--peer", "dead=http://127.0.0.1:1"] : [];
}
