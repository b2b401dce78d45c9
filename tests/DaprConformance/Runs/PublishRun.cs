using FeatureStore.DaprConformance.App;
using FeatureStore.DaprConformance.Comparing;
using FeatureStore.DaprConformance.Recordings;
using FeatureStore.DaprConformance.Reporting;

namespace FeatureStore.DaprConformance.Runs;

/// <summary>Replays calls one after the other; each waits for its deliveries.</summary>
public static class PublishRun
{
    /// <summary>Long enough for an event that should not come to show.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(300);

    public static async Task RunAsync(PubSubPhase phase, IncludedSteps included, IEnumerable<Step> steps, FixtureReport report, CancellationToken cancellationToken)
    {
        Step? last = null;
        Comparison? of = null;
        var outside = new HashSet<string>();
        foreach (var step in steps)
        {
            if (!included.Contains(step))
            {
                // A sidecar that can do what they are about delivers them, now or later: that is no part of another step.
                outside.UnionWith(step.Find("deliveries")?.EnumerateArray().Select(d => d.GetProperty("path").GetString()!) ?? []);
                await phase.Replay.CallAsync(step, cancellationToken);
                continue;
            }

            of = new Comparison(phase.Bindings);
            var script = new DeliveryScript(step, "deliveries", of, phase.Bindings, phase.Gate);
            phase.App.Answer = call => outside.Contains(call.Path) ? AppReply.Of(200) : script.Answer(call);
            await phase.Replay.CallAsync(step, of, cancellationToken);
            if (step.Find("deliveries") is { } deliveries)
            {
                await Watch.UntilAsync(() => script.IsComplete, cancellationToken);
                await Task.Delay(deliveries.GetArrayLength() == 0 ? Quiet : TimeSpan.Zero, cancellationToken);
            }

            script.Close();
            if (step.Find("stream_entry") is { } entry && phase.Streams is { } streams)
            {
                await streams.CompareEntryAsync(of, TopicOf(step), entry);
            }

            last = step;
            report.Add(step, of);
        }

        await Task.Delay(Quiet, cancellationToken);
        if (last is not null)
        {
            // A delivery that came after its step was done counts for the last one.
            report.Add(last, of!);
        }
    }

    /// <summary>The topic that a step publishes.</summary>
    public static string TopicOf(Step step)
    {
        var request = step.Request!.Value;
        return request.TryGetProperty("path", out var path)
            ? Uri.UnescapeDataString(path.GetString()!.Split('?')[0].Split('/', request.GetProperty("path").GetString()!.Contains("/bulk/") ? 6 : 5)[^1])
            : request.GetProperty("body").GetProperty("topic").GetString()!;
    }
}
