using System.Text.Json;
using FeatureStore.DaprConformance.App;
using FeatureStore.DaprConformance.Comparing;
using FeatureStore.DaprConformance.Recordings;
using FeatureStore.DaprConformance.Reporting;
using FeatureStore.DaprConformance.Rows;
using FeatureStore.DaprConformance.Sidecars;
using FeatureStore.Harness;

namespace FeatureStore.DaprConformance.Runs;

/// <summary>Replays two instances of one app id: with consumer groups of their own each gets every event, else one of them.</summary>
public static class InstancesRun
{
    private const string Topic = "t";
    private const string OldMessages = "old_messages_received_by_each_at_start";
    private const int Published = 4;
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(500);

    public static async Task RunAsync(Fixture fixture, RedisServer redis, FixtureReport report, CancellationToken cancellationToken)
    {
        foreach (var step in fixture.Steps.Where(s => fixture.Included.Contains(s) && s.Name.StartsWith("two instances of one app id", StringComparison.Ordinal)))
        {
            await RunAsync(step, redis, report, cancellationToken);
        }
    }

    private static async Task RunAsync(Step step, RedisServer redis, FixtureReport report, CancellationToken cancellationToken)
    {
        var bindings = new Bindings();
        var of = new Comparison(bindings);
        await using var streams = await RedisStreams.ConnectAsync(redis.Endpoint);
        await streams.FlushAsync();
        for (var old = 0; old < 2; old++)
        {
            await streams.Database.StreamAddAsync(Topic, "data", $$$"""{"specversion":"1.0","id":"{{{old}}}","source":"s","type":"t","data":{"old":{{{old}}}}}""");
        }

        // Which of two in one group gets an event is chance, but both get them together, and each once.
        var shares = step.Name.EndsWith("(the app id)", StringComparison.Ordinal);
        string[] consumers = shares ? ["{appID}", "{appID}"] : step.Name.EndsWith("c1 and c2", StringComparison.Ordinal) ? ["c1", "c2"] : ["{uuid}", "{uuid}"];
        await using var one = await Instance.StartAsync(redis, consumers[0]);
        await using var two = await Instance.StartAsync(redis, consumers[1]);
        await (shares ? BothAsync() : EachAsync());
        await GroupsAsync("groups_while_running");
        await one.StopAsync();
        await two.StopAsync();
        await GroupsAsync("groups_after_both_stopped");
        await using var again = await Instance.StartAsync(redis, consumers[0]);
        await again.CompareAsync(of, "received_by_instance_1_after_a_restart", step, 0, cancellationToken);
        await GroupsAsync("groups_after_the_restart");
        report.Add(step, of);

        async Task EachAsync()
        {
            var old = step.Find(OldMessages)!.Value;
            await Watch.UntilAsync(() => one.Received.Count >= old[0].GetInt32() && two.Received.Count >= old[1].GetInt32(), cancellationToken);
            of.Json(OldMessages, old, JsonSerializer.SerializeToElement(new[] { one.Received.Count, two.Received.Count }));
            await one.PublishAsync(Published, cancellationToken);
            await one.CompareAsync(of, "received_by_instance_1", step, old[0].GetInt32(), cancellationToken);
            await two.CompareAsync(of, "received_by_instance_2", step, old[1].GetInt32(), cancellationToken);
        }

        async Task BothAsync()
        {
            var old = step.Find(OldMessages)!.Value.EnumerateArray().Sum(n => n.GetInt32());
            await one.PublishAsync(Published, cancellationToken);
            var recorded = Enumerable.Range(0, old).Select(i => $$"""{"old":{{i}}}""")
                .Concat(new[] { "received_by_instance_1", "received_by_instance_2" }.SelectMany(m => step.Find(m)!.Value.EnumerateArray()).Select(e => JsonSerializer.Serialize(e)))
                .ToList();
            await Watch.UntilAsync(() => one.Received.Count + two.Received.Count >= recorded.Count, cancellationToken);
            await Task.Delay(Quiet, cancellationToken);
            of.Text("received_by_both", Sorted(recorded), Sorted(one.Received.Concat(two.Received)));
        }

        async Task GroupsAsync(string member)
        {
            // Groups have no order; a volatile name is bound to one that no name has yet.
            var left = (await streams.GroupsAsync(Topic)).Select(g => g.Name).Order(StringComparer.Ordinal).ToList();
            var recorded = step.Find(member)!.Value.EnumerateArray().Select(g => g.GetString()!).ToList();
            foreach (var name in recorded.Where(r => left.FirstOrDefault(l => bindings.Matches(r, l)) is not { } match || !left.Remove(match)).ToList())
            {
                of.Add(member, name, string.Join(", ", left));
            }

            of.Number($"{member} besides", 0, left.Count);
        }
    }

    private static string Sorted(IEnumerable<string> events) => string.Join(", ", events.Order(StringComparer.Ordinal));

    private sealed class Instance : IAsyncDisposable
    {
        private RecordedApp _app = null!;
        private SidecarProcess _sidecar = null!;

        public IReadOnlyList<string> Received => [.. _app.Calls.Where(c => c.Target == "/" + Topic)
            .Select(c => JsonDocument.Parse(c.Body).RootElement.GetProperty("data").GetRawText())];

        public static async Task<Instance> StartAsync(RedisServer redis, string consumer)
        {
            var instance = new Instance
            {
                _app = await RecordedApp.StartAsync(
                    FreePort.Next(), a => a.Subscriptions = AppReply.Json($$"""[{"pubsubname":"ps","topic":"{{Topic}}","route":"/{{Topic}}"}]""")),
            };
            instance._sidecar = await SidecarProcess.StartAsync(new SidecarSettings
            {
                AppPort = instance._app.Port,
                Setups = ["pubsub-redis-consumer"],
                Values = new Dictionary<string, string> { ["{redis}"] = redis.Endpoint, ["{consumer}"] = consumer },
            });
            return instance;
        }

        public async Task PublishAsync(int events, CancellationToken cancellationToken)
        {
            using var caller = new Calls.HttpCaller(_sidecar.Http, new Bindings());
            for (var i = 0; i < events; i++)
            {
                await caller.CallAsync(
                    "POST", $"/v1.0/publish/ps/{Topic}", [("Content-Type", "application/json")], JsonSerializer.SerializeToUtf8Bytes(new { i }), cancellationToken);
            }
        }

        /// <summary>Compares what it got after the first few; ten events are delivered at a time, so their order is chance.</summary>
        public async Task CompareAsync(Comparison of, string member, Step step, int after, CancellationToken cancellationToken)
        {
            var recorded = step.Find(member)!.Value;
            await Watch.UntilAsync(() => Received.Count >= after + recorded.GetArrayLength(), cancellationToken);
            await Task.Delay(Quiet, cancellationToken);
            of.Text(member, Sorted(recorded.EnumerateArray().Select(e => JsonSerializer.Serialize(e))), Sorted(Received.Skip(after)));
        }

        public async Task StopAsync()
        {
            _sidecar.Process.Signal("TERM");
            await _sidecar.Process.WaitForExitAsync();
        }

        public async ValueTask DisposeAsync()
        {
            await _sidecar.DisposeAsync();
            await _app.DisposeAsync();
        }
    }
}
