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
using StackExchange.Redis;

namespace FeatureStore.DaprConformance.Runs;

/// <summary>Replays a sidecar that is killed while the app works on an event, and started again.</summary>
public static partial class KillRun
{
    private const string Topic = "f";

    private static readonly TimeSpan Fresh = TimeSpan.FromMilliseconds(100);

    /// <summary>Longer than every processing timeout here; what is off or waits 15 s does not come within it. The recorder watched for 5 s.</summary>
    private static readonly TimeSpan Watched = TimeSpan.FromMilliseconds(2500);

    public static async Task RunAsync(Fixture fixture, RedisServer redis, FixtureReport report, CancellationToken cancellationToken)
    {
        foreach (var step in fixture.Steps.Where(s => fixture.Included.Contains(s) && s.Name.StartsWith("daprd killed during a delivery", StringComparison.Ordinal)))
        {
            await RunAsync(step, redis, report, cancellationToken);
        }
    }

    private static async Task RunAsync(Step step, RedisServer redis, FixtureReport report, CancellationToken cancellationToken)
    {
        var of = new Comparison(new Bindings());
        await using var streams = await RedisStreams.ConnectAsync(redis.Endpoint);
        await streams.FlushAsync();
        await using var app = await RecordedApp.StartAsync(
            FreePort.Next(), a => a.Subscriptions = AppReply.Json($$"""[{"pubsubname":"ps","topic":"{{Topic}}","route":"/{{Topic}}"}]"""));
        app.Answer = _ => AppReply.Of(200) with { Delay = TimeSpan.FromMinutes(1) };
        var settings = new SidecarSettings { AppPort = app.Port, Files = new Dictionary<string, string> { ["ps.yaml"] = Component(step, redis) } };
        await using (var first = await SidecarProcess.StartAsync(settings))
        {
            await streams.Database.StreamAddAsync(Topic, "data", """{"specversion":"1.0","id":"i","source":"s","type":"t","data":{"a":1}}""");
            await Watch.UntilAsync(() => Deliveries(app) == 1, cancellationToken);
            first.Process.Signal("KILL");
            await first.Process.WaitForExitAsync();
        }

        of.Number("pending_when_killed", step.Find("pending_when_killed")!.Value.GetInt32(), await streams.PendingAsync(Topic));
        app.Answer = _ => AppReply.Of(200);
        if (Idle().Match(step.Name) is { Success: true } idle)
        {
            await Task.Delay(TimeSpan.FromSeconds(int.Parse(idle.Groups[1].ValueSpan, CultureInfo.InvariantCulture)), cancellationToken);
        }

        var redelivered = step.Find("redelivered_after_restart_at_ms")!.Value.GetArrayLength();
        using var subscribed = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var keeping = Idle().IsMatch(step.Name) ? Task.CompletedTask : KeepFreshAsync(streams, subscribed.Token);
        await using (var second = await SidecarProcess.StartAsync(settings))
        {
            using var caller = new HttpCaller(second.Http, new Bindings());
            await Watch.UntilAsync(async () => RecordedText.Of((await caller.CallAsync("GET", "/v1.0/metadata", [], null, cancellationToken)).Body).Contains("\"subscriptions\"", StringComparison.Ordinal), cancellationToken);
            await subscribed.CancelAsync();
            await keeping;
            if (redelivered > 0)
            {
                await Watch.UntilAsync(() => Deliveries(app) > redelivered, cancellationToken);
                await Watch.UntilAsync(async () => await streams.PendingAsync(Topic) == 0, cancellationToken);
            }
            else
            {
                await Task.Delay(Watched, cancellationToken);
            }
        }

        of.Number("redelivered_after_restart", redelivered, Deliveries(app) - 1);
        of.Number("pending_after", step.Find("pending_after")!.Value.GetInt32(), await streams.PendingAsync(Topic));
        report.Add(step, of);
    }

    /// <summary>
    /// A first reclaim runs when the subscription starts. For it what is pending must be no older than it was when it was
    /// recorded, however long a busy machine takes to start a sidecar.
    /// </summary>
    private static async Task KeepFreshAsync(RedisStreams streams, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            foreach (var pending in await streams.Database.StreamPendingMessagesAsync(Topic, "app1", 1, RedisValue.Null))
            {
                await streams.Database.ExecuteAsync("XCLAIM", (RedisKey)Topic, "app1", pending.ConsumerName, 0, pending.MessageId, "IDLE", 0, "JUSTID");
            }

            await Task.Delay(Fresh, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static int Deliveries(RecordedApp app) => app.Calls.Count(c => c.Target == "/" + Topic);

    private static string Component(Step step, RedisServer redis)
    {
        var metadata = step.Find("component_metadata")!.Value.EnumerateObject().Select(m => (m.Name, Value: m.Value.GetString()!))
            .Prepend(("redisHost", redis.Endpoint));
        return $"""
            apiVersion: dapr.io/v1alpha1
            kind: Component
            metadata:
              name: ps
            spec:
              type: pubsub.redis
              version: v1
              metadata:
            {string.Join('\n', metadata.Select(m => $"    - name: {m.Item1}\n      value: \"{m.Item2}\""))}
            """;
    }

    [GeneratedRegex("idle for ([0-9]+) s at restart")]
    private static partial Regex Idle();
}
