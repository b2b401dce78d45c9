using System.Collections.Concurrent;
using System.Text.Json;
using FeatureStore.DaprConformance.App;
using FeatureStore.DaprConformance.Comparing;
using FeatureStore.DaprConformance.Recordings;
using FeatureStore.DaprConformance.Reporting;
using FeatureStore.Harness;

namespace FeatureStore.DaprConformance.Runs;

/// <summary>Replays how many events a delivery holds, and in which order events come.</summary>
public static class BulkSizeRun
{
    private const string InOrder = "delivery order: 8 publishes, concurrency 1";

    public static async Task RunAsync(Fixture fixture, RedisServer redis, FixtureReport report, CancellationToken cancellationToken)
    {
        foreach (var step in fixture.Steps.Where(fixture.Included.Contains))
        {
            if (step.Find("batches") is not null)
            {
                await BatchesAsync(fixture, redis, step, report, cancellationToken);
            }
            else if (step.Name == InOrder)
            {
                await OrderAsync(fixture, redis, step, report, cancellationToken);
            }
        }
    }

    /// <summary>Sizes, and that every event came once. Which event is in which delivery is chance, in the recording too.</summary>
    private static async Task BatchesAsync(Fixture fixture, RedisServer redis, Step step, FixtureReport report, CancellationToken cancellationToken)
    {
        var setup = step.Name.EndsWith("concurrency 100", StringComparison.Ordinal) ? "concurrency100" : "plain";
        await using var phase = await PubSubPhase.StartAsync(
            fixture, redis, [$"{fixture.Name}-{setup}"], AppReply.Json($"[{step.Find("subscription")!.Value.GetRawText()}]"), 1);
        var recorded = step.Find("batches")!.Value.EnumerateArray().Select(b => b.GetProperty("entries")).ToList();
        var batches = new ConcurrentQueue<List<int>>();
        phase.App.Answer = call =>
        {
            var entries = JsonDocument.Parse(call.Body).RootElement.GetProperty("entries").EnumerateArray().ToList();
            batches.Enqueue([.. entries.Select(e => e.GetProperty("event").GetProperty("data").GetProperty("i").GetInt32())]);
            var statuses = entries.Select(e => new { entryId = e.GetProperty("entryId").GetString(), status = "SUCCESS" });
            return AppReply.Json(JsonSerializer.Serialize(new { statuses }));
        };
        var of = await phase.Replay.CallAsync(step, cancellationToken);
        await Watch.UntilAsync(() => batches.Sum(b => b.Count) >= recorded.Sum(b => b.GetArrayLength()), cancellationToken);
        of.Json("batches", JsonSerializer.SerializeToElement(recorded.Select(b => b.GetArrayLength())), JsonSerializer.SerializeToElement(batches.Select(b => b.Count)));
        of.Json(
            "events",
            JsonSerializer.SerializeToElement(recorded.SelectMany(b => b.EnumerateArray()).Select(i => i.GetInt32()).Order()),
            JsonSerializer.SerializeToElement(batches.SelectMany(b => b).Order()));
        report.Add(step, of);
    }

    private static async Task OrderAsync(Fixture fixture, RedisServer redis, Step step, FixtureReport report, CancellationToken cancellationToken)
    {
        await using var phase = await PubSubPhase.StartAsync(
            fixture, redis, [$"{fixture.Name}-concurrency1"], AppReply.Json("""[{"pubsubname":"ps","topic":"t","route":"/t"}]"""), 1);
        var came = new ConcurrentQueue<int>();
        phase.App.Answer = call =>
        {
            came.Enqueue(JsonDocument.Parse(call.Body).RootElement.GetProperty("data").GetProperty("i").GetInt32());
            return AppReply.Of(200);
        };
        var order = step.Find("order")!.Value;
        for (var i = 0; i < order.GetArrayLength(); i++)
        {
            await phase.Replay.Http.CallAsync(
                "POST", "/v1.0/publish/ps/t", [("Content-Type", "application/json")], JsonSerializer.SerializeToUtf8Bytes(new { i }), cancellationToken);
        }

        await Watch.UntilAsync(() => came.Count >= order.GetArrayLength(), cancellationToken);
        var of = new Comparison(phase.Bindings);
        of.Json("order", order, JsonSerializer.SerializeToElement(came));
        report.Add(step, of);
    }
}
