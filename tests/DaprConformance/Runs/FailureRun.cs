using System.Text.Json;
using FeatureStore.DaprConformance.App;
using FeatureStore.DaprConformance.Comparing;
using FeatureStore.DaprConformance.Recordings;
using FeatureStore.DaprConformance.Reporting;
using FeatureStore.Harness;

namespace FeatureStore.DaprConformance.Runs;

/// <summary>Replays deliveries that fail or take long, and entries that are no events, each with a sidecar of its own.</summary>
public static class FailureRun
{
    private const string Foreign = "foreign stream entries";

    /// <summary>A repeat would come within a processing timeout of 1 s and an interval of 300 ms. The recorder watched for 6 to 10 s.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(1600);

    public static async Task RunAsync(Fixture fixture, RedisServer redis, FixtureReport report, CancellationToken cancellationToken)
    {
        foreach (var step in fixture.Steps.Where(s => fixture.Included.Contains(s) && IsOne(s)))
        {
            await RunAsync(fixture, redis, step, report, cancellationToken);
        }
    }

    private static bool IsOne(Step step) =>
        step.Name.StartsWith("no resiliency, no dead letter", StringComparison.Ordinal)
        || step.Name.StartsWith("ttl: message expires", StringComparison.Ordinal)
        || step.Name.StartsWith(Foreign, StringComparison.Ordinal)
        || step.Name.StartsWith("default processingTimeout", StringComparison.Ordinal);

    private static async Task RunAsync(Fixture fixture, RedisServer redis, Step step, FixtureReport report, CancellationToken cancellationToken)
    {
        var topic = step.Request is { } request ? request.GetProperty("path").GetString()!.Split('?')[0].Split('/')[^1] : "ttl2";
        var subscription = JsonSerializer.Serialize(new[] { new { pubsubname = "ps", topic, route = "/" + topic } });
        var setup = step.Name.StartsWith("default", StringComparison.Ordinal) ? "plain"
            : step.Name.EndsWith("(redeliverInterval 0)", StringComparison.Ordinal) ? "no-redelivery" : "slow";
        await using var phase = await PubSubPhase.StartAsync(fixture, redis, [$"{fixture.Name}-{setup}"], AppReply.Json(subscription), 1);
        var of = new Comparison(phase.Bindings);
        var script = new DeliveryScript(step, "deliveries", of, phase.Bindings, phase.Gate);
        phase.App.Answer = script.Answer;
        if (step.Request is not null)
        {
            await phase.Replay.CallAsync(step, of, cancellationToken);
        }
        else
        {
            await AddForeignAsync(phase, topic);
        }

        await Watch.UntilAsync(() => script.IsComplete, cancellationToken);
        await Watch.UntilAsync(async () => (await phase.Streams!.GroupsAsync(topic)).Any(g => g.Lag == 0 && g.PendingMessageCount == 0), cancellationToken);
        await Task.Delay(Quiet, cancellationToken);
        script.Close();
        var pending = step.Find("still_pending_in_redis") ?? step.Find("pending_in_redis_after_daprd_stopped");
        of.Number("pending", pending!.Value.GetInt32(), await phase.Streams!.PendingAsync(topic));
        report.Add(step, of);
    }

    /// <summary>What the step's name and its log lines tell of them.</summary>
    private static async Task AddForeignAsync(PubSubPhase phase, string topic)
    {
        string[] entries =
        [
            """{"specversion":"1.0","id":"x","source":"s","type":"t","data":{"a":1},"expiration":"2001-01-01T00:00:00Z"}""",
            "this is no JSON",
            "[1]",
        ];
        foreach (var entry in entries)
        {
            await phase.Streams!.Database.StreamAddAsync(topic, "data", entry);
        }

        await phase.Streams!.Database.StreamAddAsync(topic, "other", "field");
    }
}
