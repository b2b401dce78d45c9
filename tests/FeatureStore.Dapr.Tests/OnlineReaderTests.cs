using System.Diagnostics.Metrics;
using Xunit;

namespace FeatureStore.Dapr.Tests;

public sealed class OnlineReaderTests
{
    [Fact]
    public async Task Reads_under_way_at_once_gather_in_few_bulk_reads_and_ask_for_a_key_once_in_each()
    {
        await using var store = await OnlineStore.StartAsync();
        var batches = new List<int>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Name == "featurestore.online.read.keys" && instrument.Meter.Scope == store.Meters)
            {
                l.EnableMeasurementEvents(instrument);
            }
        }
        };
        listener.SetMeasurementEventCallback<int>((_, keys, _, _) =>
        {
            lock (batches)
            {
                batches.Add(keys);
            }
        });
        listener.Start();

        // 1,000 reads of 50 keys.
        await Task.WhenAll(Enumerable.Range(0, 1000).Select(i => store.Reader.ReadAsync($"default/{i % 50}", CancellationToken.None)));
        Assert.NotEmpty(batches);
        Assert.All(batches, keys => Assert.InRange(keys, 1, 50));
        Assert.True(batches.Count < 100, $"{batches.Count} bulk reads for 1,000 reads");
    }

    [Fact]
    public async Task Reads_of_no_keys_hold_up_no_others()
    {
        await using var store = await OnlineStore.StartAsync();
        for (var i = 0; i < 20; i++)
        {
            Assert.Empty(await store.Reader.ReadAsync([], CancellationToken.None));
        }

        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        Assert.True((await store.Reader.ReadAsync("default/nobody", limit.Token)).IsEmpty);
    }

    [Fact]
    public async Task A_reader_sees_its_own_write_however_many_others_read_the_key()
    {
        await using var store = await OnlineStore.StartAsync();
        var writer = store.NewWriter();
        using var end = new CancellationTokenSource();
        var others = Enumerable.Range(0, 20).Select(async _ =>
        {
            while (!end.IsCancellationRequested)
            {
                await store.Reader.ReadAsync("default/own", CancellationToken.None);
            }
        }).ToArray();

        for (var i = 0; i < 300; i++)
        {
            await writer.WriteAsync(OnlineStore.Row("own", $"{{\"n\":{i}}}"));
            Assert.Equal($"{{\"n\":{i}}}", OnlineStore.Features(await store.Reader.ReadAsync("default/own", CancellationToken.None)));
        }

        await end.CancelAsync();
        await Task.WhenAll(others);
    }

    [Fact]
    public async Task Who_gives_up_waiting_takes_nobody_along()
    {
        await using var store = await OnlineStore.StartAsync();
        await store.NewWriter().WriteAsync(OnlineStore.Row("a", """{"n":1}"""));
        using var gone = new CancellationTokenSource();
        var stays = Enumerable.Range(0, 50).Select(_ => store.Reader.ReadAsync("default/a", CancellationToken.None)).ToArray();
        var leaves = Enumerable.Range(0, 50).Select(_ => store.Reader.ReadAsync("default/a", gone.Token)).ToArray();
        await gone.CancelAsync();
        Assert.All(await Task.WhenAll(stays), document => Assert.Equal("""{"n":1}""", OnlineStore.Features(document)));
        foreach (var read in leaves)
        {
            // Either it was answered before, or it was given up.
            await Task.WhenAny(read);
            Assert.True(read.IsCanceled || read.IsCompletedSuccessfully);
        }
    }

    [Fact]
    public async Task What_is_too_big_for_one_message_is_read_and_saved_in_parts()
    {
        await using var store = await OnlineStore.StartAsync(maxBodySize: 100_000);
        var writer = store.NewWriter();
        var text = new string('x', 20_000);
        var written = await Task.WhenAll(Enumerable.Range(0, 60).Select(i => writer.WriteAsync(OnlineStore.Row($"{i}", $"{{\"n\":{i},\"t\":\"{text}\"}}"))));
        Assert.All(written, outcome => Assert.True(outcome.Applied));

        var documents = await store.Reader.ReadAsync([.. Enumerable.Range(0, 60).Select(i => $"default/{i}")], CancellationToken.None);
        Assert.Equal(Enumerable.Range(0, 60).Select(i => $"{{\"n\":{i},\"t\":\"{text}\"}}"), documents.Select(OnlineStore.Features));
    }

    [Fact]
    public async Task A_row_that_no_message_takes_fails_alone()
    {
        await using var store = await OnlineStore.StartAsync(maxBodySize: 100_000);
        var writer = store.NewWriter();
        var large = writer.WriteAsync(OnlineStore.Row("large", $"{{\"t\":\"{new string('x', 200_000)}\"}}"));
        var small = Enumerable.Range(0, 20).Select(i => writer.WriteAsync(OnlineStore.Row($"small-{i}", """{"n":1}"""))).ToArray();
        Assert.All(await Task.WhenAll(small), outcome => Assert.True(outcome.Applied));
        var e = await Assert.ThrowsAsync<StateStoreException>(() => large);
        Assert.IsNotType<StateUnavailableException>(e);
    }

    [Fact]
    public async Task Unix_sockets_serve_as_well()
    {
        await using var store = await OnlineStore.StartAsync(overSockets: true);
        Assert.True(await store.IsHealthyAsync());
        await store.NewWriter().WriteAsync(OnlineStore.Row("a", """{"n":1}"""));
        Assert.Equal("""{"n":1}""", OnlineStore.Features(await store.Reader.ReadAsync("default/a", CancellationToken.None)));
    }

    [Fact]
    public async Task An_absent_row_is_empty()
    {
        await using var store = await OnlineStore.StartAsync();
        Assert.True((await store.Reader.ReadAsync("default/absent", CancellationToken.None)).IsEmpty);
    }
}
