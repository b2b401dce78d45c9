using System.Text.Json;
using FeatureStore.DaprConformance.App;
using FeatureStore.DaprConformance.Comparing;
using FeatureStore.DaprConformance.Recordings;
using FeatureStore.DaprConformance.Reporting;
using FeatureStore.Harness;

namespace FeatureStore.DaprConformance.Runs;

/// <summary>
/// Replays the table of replies: every reply of the app, single and bulk, with and without dead letter, each on a topic of
/// its own, so all of them at a time.
/// </summary>
public static class MatrixRun
{
    /// <summary>
    /// A retry too many would come within 100 ms, and what nothing acknowledged shows as pending. The recorder watched for
    /// 4 to 5 s. Where redelivery is what is looked at, it comes after 1 to 1.3 s.
    /// </summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(1500);

    /// <summary>
    /// A bulk closes after a fixed wait and a delivery is repeated after a fixed time: on a machine that is too busy for
    /// either, what differs is replayed once more, for itself, and the report says so.
    /// </summary>
    public static async Task RunAsync(
        Fixture fixture, RedisServer? broker, Func<Step, bool> which, IReadOnlyList<string> setups, FixtureReport report, CancellationToken cancellationToken)
    {
        var steps = fixture.Steps.Where(s => fixture.Included.Contains(s) && s.Name.Contains(", app replies ", StringComparison.Ordinal) && which(s)).ToList();
        await OnceAsync(fixture, broker, steps, setups, report, cancellationToken);
        var differing = steps.Where(report.Differs).ToList();
        if (differing.Count > 0)
        {
            await OnceAsync(fixture, broker, differing, setups, report, cancellationToken);
            report.Note($"Steps {string.Join(", ", differing.Select(s => s.Number))} differed at first and were replayed once more.");
        }
    }

    private static async Task OnceAsync(
        Fixture fixture, RedisServer? broker, IReadOnlyList<Step> steps, IReadOnlyList<string> setups, FixtureReport report, CancellationToken cancellationToken)
    {
        var subscriptions = steps.SelectMany(Subscriptions).ToList();
        await using var phase = await PubSubPhase.StartAsync(fixture, broker, setups, AppReply.Json($"[{string.Join(',', subscriptions)}]"), subscriptions.Count);
        var scripts = new Dictionary<string, DeliveryScript>();
        var comparisons = new List<(Step Step, Comparison Of, DeliveryScript Script)>();
        foreach (var step in steps)
        {
            var of = new Comparison(phase.Bindings);
            var script = new DeliveryScript(step, "deliveries", of, phase.Bindings, phase.Gate);
            comparisons.Add((step, of, script));
            scripts[Member(step, "route")!] = script;
            if (Member(step, "deadLetterTopic") is { } dead)
            {
                scripts["/" + dead] = script;
            }
        }

        phase.App.Answer = call => scripts[call.Path].Answer(call);
        foreach (var (step, of, _) in comparisons)
        {
            await phase.Replay.CallAsync(step, of, cancellationToken);
        }

        await Watch.UntilAsync(() => comparisons.All(c => c.Script.IsComplete), cancellationToken);
        await Task.Delay(Quiet, cancellationToken);
        foreach (var (step, of, script) in comparisons)
        {
            script.Close();
            if (phase.Streams is { } streams && step.Find("still_pending_in_redis") is { } pending)
            {
                of.Number("still_pending_in_redis", pending.GetInt32(), await streams.PendingAsync(Member(step, "topic")!));
            }

            report.Add(step, of);
        }
    }

    private static IEnumerable<string> Subscriptions(Step step)
    {
        yield return step.Find("subscription")!.Value.GetRawText();
        if (Member(step, "deadLetterTopic") is { } dead)
        {
            yield return JsonSerializer.Serialize(new { pubsubname = "ps", topic = dead, route = "/" + dead });
        }
    }

    private static string? Member(Step step, string name) =>
        step.Find("subscription")!.Value.TryGetProperty(name, out var value) ? value.GetString() : null;
}
