using FeatureStore.DaprConformance.App;
using FeatureStore.DaprConformance.Comparing;
using FeatureStore.DaprConformance.Recordings;
using FeatureStore.DaprConformance.Reporting;
using FeatureStore.Harness;

namespace FeatureStore.DaprConformance.Runs;

/// <summary>Replays what comes of each answer to <c>GET /dapr/subscribe</c>: a sidecar each, and one event published.</summary>
public static class SubscribeRun
{
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(300);

    public static async Task RunAsync(Fixture fixture, RedisServer? broker, FixtureReport report, CancellationToken cancellationToken)
    {
        foreach (var step in fixture.Steps.Where(s => fixture.Included.Contains(s) && s.Name.StartsWith("GET /dapr/subscribe answered", StringComparison.Ordinal)))
        {
            await RunAsync(fixture, broker, step, report, cancellationToken);
        }
    }

    private static async Task RunAsync(Fixture fixture, RedisServer? broker, Step step, FixtureReport report, CancellationToken cancellationToken)
    {
        var calls = step.Find("calls")!.Value;
        var asked = calls.EnumerateArray().Single(c => c.GetProperty("path").GetString() == "/dapr/subscribe").GetProperty("reply");
        var subscriptions = step.Find("metadata_subscriptions")!.Value;
        await using var phase = await PubSubPhase.StartAsync(
            fixture, broker, [$"{fixture.Name}-plain"], AppReply.Recorded(asked, text => text), 0);
        await Watch.UntilAsync(() => phase.App.Calls.Any(c => c.Target == "/dapr/subscribe"), cancellationToken);
        var expected = subscriptions.ValueKind is System.Text.Json.JsonValueKind.Array ? subscriptions.GetArrayLength() : 0;
        await Watch.UntilAsync(async () => ((await phase.SubscriptionsAsync())?.GetArrayLength() ?? 0) >= expected, cancellationToken);
        await phase.Replay.Http.CallAsync("POST", "/v1.0/publish/ps/t", [("Content-Type", "application/json")], "{}"u8.ToArray(), cancellationToken);
        await Watch.UntilAsync(() => phase.App.Calls.Count >= calls.GetArrayLength(), cancellationToken);
        await Task.Delay(Quiet, cancellationToken);

        var of = new Comparison(phase.Bindings);
        of.Calls(calls, phase.App.Calls);
        var found = await phase.SubscriptionsAsync();
        of.Json("metadata_subscriptions", subscriptions, found ?? System.Text.Json.JsonSerializer.SerializeToElement<object?>(null));
        report.Add(step, of);
    }
}
