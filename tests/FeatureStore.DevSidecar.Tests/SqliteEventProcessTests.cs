using System.ComponentModel;
using System.Diagnostics;
using FeatureStore.DevSidecar.Tests.Harness;

namespace FeatureStore.DevSidecar.Tests;

/// <summary><c>pubsub.sqlite</c> across processes, and when they are killed.</summary>
public sealed class SqliteEventProcessTests : IDisposable
{
    private const int FileSizeLimit = 2 * 1024 * 1024;

    // No claim runs out during a test: what is delivered again is so because its process is gone.
    private static readonly (string, string) Forever = ("processingTimeout", "3600000");

    private readonly EventsFolder _events = new();
    private readonly string _topic = Brokers.NewTopic();

    public void Dispose() => _events.Dispose();

    [Fact]
    public async Task Processes_exchange_events()
    {
        await using var here = await EventApps.SingleAsync(_topic);
        await using var there = await EventApps.RawBulkAsync(_topic);
        await using var sidecar = await _events.StartAsync("app1", here);

        // An absolute path, from the environment.
        await using var process = await SidecarExecutable.StartAsync(
            "app2", there, Yaml.Component("ps", "pubsub.sqlite", ("connectionString", "x")).Replace("value: \"x\"", "envRef: EVENTS_FILE"), ("EVENTS_FILE", _events.File));

        await sidecar.PublishBulkAsync(_topic, [.. Enumerable.Range(0, 50).Select(i => i.ToString())]);
        var acknowledged = await EventApps.PublishNumbersAsync(number => process.PublishAsync(_topic, $"{number}"), Enumerable.Range(50, 50));

        Assert.Equal(50, acknowledged.Count);
        await _events.EmptyAsync();
        Assert.Equal(Enumerable.Range(0, 100), here.SingleData().Select(int.Parse).Order());
        Assert.Equal(Enumerable.Range(0, 100), there.BulkData().Select(int.Parse).Order());
    }

    [Fact]
    public async Task Members_in_two_processes_share()
    {
        await using var here = await EventApps.SingleAsync(_topic);
        await using var there = await EventApps.SingleAsync(_topic);
        (string, string)[] fine = [("queueDepth", "1"), ("concurrency", "1")];
        await using var sidecar = await _events.StartAsync("app1", here, fine);
        await using var process = await SidecarExecutable.StartAsync("app1", there, _events.Component(fine));
        await Eventually.TrueAsync(async () =>
        {
            await sidecar.PublishBulkAsync(_topic, [.. Enumerable.Range(0, 100).Select(i => i.ToString())]);
            await _events.EmptyAsync();
            return here.At("/s").Count > 0 && there.At("/s").Count > 0;
        }, "both get some");

        var all = here.SingleData().Concat(there.SingleData()).GroupBy(number => number).ToList();
        Assert.Equal(100, all.Count);
        Assert.Single(all.Select(number => number.Count()).Distinct());
    }

    [Fact]
    public async Task What_a_killed_process_acknowledged_is_delivered_by_its_successor_at_once()
    {
        var never = new TaskCompletionSource();
        IReadOnlyCollection<int> acknowledged;
        await using (var hanging = await EventApps.RawBulkAsync(_topic, max: 10, reply: async request =>
        {
            if (request.Entries.Any(entry => EventApps.Data(entry) == "40"))
            {
                await never.Task;
            }

            return Reply.AllSucceeded(request);
        }))
        {
            await using var process = await SidecarExecutable.StartAsync("app1", hanging, _events.Component(Forever, ("queueDepth", "20")));
            acknowledged = await EventApps.PublishNumbersAsync(number => process.PublishAsync(_topic, $"{number}"), Enumerable.Range(0, 100));
            await Eventually.TrueAsync(() => hanging.BulkData().Contains("40"), "a delivery is in its middle");
            await process.KillAsync();
            never.SetResult();
        }

        Assert.Equal(100, acknowledged.Count);
        Assert.NotEqual(0, _events.Count("claim"));
        var left = _events.Count("event");
        await using var app = await EventApps.RawBulkAsync(_topic);
        await using var successor = await SidecarExecutable.StartAsync("app1", app, _events.Component(Forever));

        await _events.EmptyAsync();
        Assert.Contains("40", app.BulkData());
        Assert.Equal(left, app.BulkData().Distinct().Count());
        Assert.Single(_events.Marks);
    }

    [Fact]
    public async Task What_a_killed_process_held_goes_to_the_other_member()
    {
        var never = new TaskCompletionSource();
        await using var hanging = await EventApps.SingleAsync(_topic, async _ =>
        {
            await never.Task;
            return new Reply();
        });
        await using var app = await EventApps.SingleAsync(_topic);
        await using var publisher = await _events.StartAsync("app2");
        await using (var process = await SidecarExecutable.StartAsync("app1", hanging, _events.Component(Forever)))
        {
            await publisher.PublishBulkAsync(_topic, "1", "2", "3");
            await Eventually.TrueAsync(() => hanging.At("/s").Count == 3, "all are in hands");
            await using var member = await _events.StartAsync("app1", app, Forever);
            await Eventually.StillAsync(() => app.At("/s").Count == 0, "they are claimed");
            await process.KillAsync();
            never.SetResult();
            await _events.EmptyAsync();
        }

        Assert.Equal(["1", "2", "3"], app.SingleData().Order());
    }

    [Fact]
    public async Task Killed_amid_publishing_it_has_everything_that_it_acknowledged()
    {
        IReadOnlyCollection<int> acknowledged;
        await using (var process = await SidecarExecutable.StartAsync("app1", null, _events.Component()))
        {
            var count = 0;
            var publishing = EventApps.PublishNumbersAsync(async number =>
            {
                var done = await process.PublishAsync(_topic, $"{number}");
                Interlocked.Add(ref count, done ? 1 : 0);
                return done;
            }, Enumerable.Range(0, 2000));
            await Eventually.TrueAsync(() => Volatile.Read(ref count) > 100, "some are acknowledged");
            await process.KillAsync();
            acknowledged = await publishing;
        }

        await using var app = await EventApps.RawBulkAsync(_topic);
        await using var successor = await _events.StartAsync("app1", app);

        await _events.EmptyAsync();
        Assert.Empty(acknowledged.Except(app.BulkData().Select(int.Parse)));
    }

    [Fact]
    public async Task A_full_disk_refuses_events_and_takes_them_again_when_there_is_room()
    {
        var text = $"\"{new string('x', 100_000)}\"";
        await using var app = await EventApps.RawBulkAsync(_topic);
        var acknowledged = 0;
        await using (var process = await SidecarExecutable.StartAsync("app1", null, _events.Component()))
        {
            process.LimitFileSize($"{FileSizeLimit}:unlimited");
            await Eventually.TrueAsync(async () =>
            {
                var done = await process.PublishAsync(_topic, text);
                acknowledged += done ? 1 : 0;
                return !done;
            }, "the disk is full");
            Assert.False(await process.PublishAsync(_topic, text));

            process.LimitFileSize("unlimited:unlimited");
            Assert.True(await process.PublishAsync(_topic, text));
            acknowledged++;
            await process.KillAsync();
        }

        Assert.Equal(acknowledged, _events.Count("event"));
        await using var successor = await _events.StartAsync("app1", app);
        await _events.EmptyAsync();
        Assert.Equal(acknowledged, app.BulkData().Count);
    }
}
