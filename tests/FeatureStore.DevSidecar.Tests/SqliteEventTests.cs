using System.Collections.Concurrent;
using FeatureStore.DevSidecar.Tests.Harness;

namespace FeatureStore.DevSidecar.Tests;

/// <summary><c>pubsub.sqlite</c> within one process: delivery and groups.</summary>
public sealed class SqliteEventTests : IDisposable
{
    private readonly EventsFolder _events = new();
    private readonly string _topic = Brokers.NewTopic();

    public void Dispose() => _events.Dispose();

    [Fact]
    public async Task A_raw_bulk_delivery_hands_over_the_published_bytes()
    {
        await using var app = await EventApps.RawBulkAsync(_topic);
        await using var sidecar = await _events.StartAsync("app1", app);

        await sidecar.PublishAsync(_topic, "{\"x\":1.0, \"n\":9007199254740993,\"big\":1e400}\n", "application/json", ("rawPayload", "true"), ("colour", "red"));

        await Eventually.TrueAsync(() => app.At("/b").Count == 1, "the delivery");
        var entry = Assert.Single(app.At("/b")[0].Entries);
        Assert.Equal("{\"x\":1.0, \"n\":9007199254740993,\"big\":1e400}\n", ReceivedRequest.RawText(entry));
        Assert.Equal("red", entry.GetProperty("metadata").GetProperty("colour").GetString());
        await _events.EmptyAsync();
    }

    [Fact]
    public async Task A_single_delivery_is_the_cloudevent()
    {
        await using var app = await EventApps.SingleAsync(_topic);
        await using var sidecar = await _events.StartAsync("app1", app);

        await sidecar.PublishAsync(_topic, "{\"n\":9007199254740993}");

        await Eventually.TrueAsync(() => app.At("/s").Count == 1, "the delivery");
        Assert.StartsWith("""{"data":{"n":9007199254740993},""", app.At("/s")[0].Body);
    }

    [Fact]
    public async Task What_is_waiting_is_delivered_in_bulks_of_the_asked_size()
    {
        await using var publisher = await _events.StartAsync("app1");
        await publisher.PublishBulkAsync(_topic, [.. Enumerable.Range(0, 200).Select(i => i.ToString())]);

        await using var app = await EventApps.RawBulkAsync(_topic, 50);
        await using var sidecar = await _events.StartAsync("app1", app);

        await _events.EmptyAsync();
        Assert.Equal(Enumerable.Range(0, 200), app.BulkData().Select(int.Parse).Order());
        Assert.All(app.At("/b"), request => Assert.InRange(request.Entries.Length, 1, 50));
        Assert.InRange(app.At("/b").Count, 4, 20);
    }

    [Fact]
    public async Task What_was_not_consumed_is_delivered_after_a_restart()
    {
        var answers = new TaskCompletionSource();
        await using (var away = await EventApps.SingleAsync(_topic, async _ =>
        {
            await answers.Task;
            return new Reply(500);
        }))
        {
            await using var first = await _events.StartAsync(
                new SidecarOptions { AppId = "app1", AppPort = away.Port, ShutdownGrace = TimeSpan.FromMilliseconds(100) },
                _events.Component(("concurrency", "2"), ("processingTimeout", "600000")));
            await first.PublishBulkAsync(_topic, [.. Enumerable.Range(0, 20).Select(i => i.ToString())]);
            await Eventually.TrueAsync(() => away.At("/s").Count == 2, "two are in hands");
            await first.Sidecar.StopAsync(TestContext.Current.CancellationToken);
            Assert.Equal(2, first.Sidecar.AbandonedDeliveries);
            answers.SetResult();
        }

        await using var app = await EventApps.SingleAsync(_topic);
        await using var again = await _events.StartAsync("app1", app, ("processingTimeout", "600000"));

        await _events.EmptyAsync();
        Assert.Equal(Enumerable.Range(0, 20), app.SingleData().Select(int.Parse).Order());
    }

    [Fact]
    public async Task Groups_get_everything_and_members_share()
    {
        await using var app1 = await EventApps.SingleAsync(_topic);
        await using var app2 = await EventApps.SingleAsync(_topic);
        await using var other = await EventApps.RawBulkAsync(_topic);
        await using var member1 = await _events.StartAsync("app1", app1, ("queueDepth", "1"), ("concurrency", "1"));
        await using var member2 = await _events.StartAsync("app1", app2, ("queueDepth", "1"), ("concurrency", "1"));
        await using var group2 = await _events.StartAsync("app2", other);
        await using var publisher = await _events.StartAsync("app3");

        await publisher.PublishBulkAsync(_topic, [.. Enumerable.Range(0, 100).Select(i => i.ToString())]);

        await _events.EmptyAsync();
        Assert.Equal(Enumerable.Range(0, 100), app1.SingleData().Concat(app2.SingleData()).Select(int.Parse).Order());
        Assert.NotEmpty(app1.At("/s"));
        Assert.NotEmpty(app2.At("/s"));
        Assert.Equal(Enumerable.Range(0, 100), other.BulkData().Select(int.Parse).Order());
    }

    [Fact]
    public async Task A_new_group_starts_from_the_oldest_event_that_is_kept()
    {
        await using var publisher = await _events.StartAsync("app1");
        await publisher.PublishAsync(_topic, "1");

        await using var app = await EventApps.SingleAsync(_topic);
        await using var late = await _events.StartAsync("app2", app);

        await Eventually.TrueAsync(() => app.At("/s").Count == 1, "the delivery");
    }

    [Fact]
    public async Task What_fails_is_retried_and_what_is_dropped_is_dead_lettered_as_it_was()
    {
        var attempts = new ConcurrentDictionary<string, int>();
        await using var app = await EventApps.RawBulkAsync(_topic, withDeadLetter: true, reply: request => Task.FromResult(Reply.Statuses(
            request,
            (entry, _) => (EventApps.Data(entry), attempts.AddOrUpdate(EventApps.Data(entry), 1, (_, n) => n + 1)) switch
            {
                ("2", _) => "DROP",
                ("3", < 3) => "RETRY",
                _ => "SUCCESS",
            })));
        await using var sidecar = await _events.StartAsync(
            new SidecarOptions { AppId = "app1", AppPort = app.Port }, _events.Component(), Yaml.Retry("ps", "policy: constant\nduration: 20ms\nmaxRetries: 5"));
        await sidecar.WithSubscriptionsAsync(2);

        await sidecar.PublishBulkAsync(_topic, "1", "2", "3");

        await Eventually.TrueAsync(() => app.At("/dead").Count == 1, "the dead letter");
        await _events.EmptyAsync();
        Assert.Equal("2", app.At("/dead")[0].Json.GetProperty("data").GetRawText());
        Assert.Equal((1, 1, 3), (attempts["1"], attempts["2"], attempts["3"]));
    }

    [Fact]
    public async Task A_hundred_publishers_at_a_time_lose_nothing()
    {
        await using var app = await EventApps.RawBulkAsync(_topic);
        await using var sidecar = await _events.StartAsync("app1", app);
        await using var second = await _events.StartAsync("app2");

        await Task.WhenAll(Enumerable.Range(0, 100).Select(async publisher =>
        {
            for (var i = 0; i < 10; i++)
            {
                await (publisher % 2 == 0 ? sidecar : second).PublishAsync(_topic, $"{(publisher * 10) + i}");
            }
        }));

        await _events.EmptyAsync();
        Assert.Equal(Enumerable.Range(0, 1000), app.BulkData().Select(int.Parse).Order());
    }

    [Fact]
    public async Task An_event_that_is_worked_on_for_too_long_is_delivered_again()
    {
        var hangs = new TaskCompletionSource();
        var attempts = 0;
        await using var app = await EventApps.SingleAsync(_topic, async _ =>
        {
            if (Interlocked.Increment(ref attempts) == 1)
            {
                await hangs.Task;
            }

            return new Reply();
        });
        await using var sidecar = await _events.StartAsync("app1", app, ("processingTimeout", "150"), ("redeliverInterval", "50"));

        await sidecar.PublishAsync(_topic, "1");

        await Eventually.TrueAsync(() => app.At("/s").Count == 2, "the second delivery");
        await _events.EmptyAsync();
        hangs.SetResult();
    }

    [Fact]
    public async Task An_event_that_waits_for_its_turn_is_not_delivered_again_for_that()
    {
        var goOn = new TaskCompletionSource();
        await using var app = await EventApps.SingleAsync(_topic, async _ =>
        {
            await goOn.Task;
            return new Reply();
        });
        await using var sidecar = await _events.StartAsync(
            "app1", app, ("processingTimeout", "200"), ("redeliverInterval", "50"), ("concurrency", "1"));
        await sidecar.PublishBulkAsync(_topic, "1", "2", "3");

        // The first one is overdue by then, and queued behind the others once more.
        await Eventually.TrueAsync(() => _events.Count("claim") == 3, "all are claimed");
        await Eventually.StillAsync(() => app.At("/s").Count == 1, "one worker is busy");
        goOn.SetResult();

        await _events.EmptyAsync();
        Assert.Single(app.SingleData(), "2");
        Assert.Single(app.SingleData(), "3");
    }
}
