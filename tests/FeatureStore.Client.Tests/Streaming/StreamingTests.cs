using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace FeatureStore.Client.Tests.Streaming;

/// <summary>Streams of rows into a real store, whichever way it is reached.</summary>
public abstract class StreamingTests(FeatureStoreClient store)
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);

    private readonly string _view = "stream_" + Guid.NewGuid().ToString("N");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Twenty_thousand_rows_go_in()
    {
        var written = await store.WriteManyAsync(Rows(20_000), cancellationToken: Cancel);
        Assert.Equal((20_000, 0, 0, 20_000), (written.Applied, written.Superseded, written.Rejected, written.Settled));
        foreach (var i in (int[])[0, 999, 1000, 12_345, 19_999])
        {
            Assert.Equal(i, (await ReadAsync($"r{i}"))!["n"].GetInt32());
        }
    }

    [Fact]
    public async Task Of_rows_without_stamps_the_later_one_wins_though_batches_overtake_each_other()
    {
        var rows = Enumerable.Range(0, 500).Select(i => FeatureRow.Merge($"seq-{i % 5}", new { n = i }) with { View = _view });
        var written = await store.WriteManyAsync(rows, new WriteManyOptions { BatchRows = 7, MaxConcurrentBatches = 16 }, Cancel);
        Assert.Equal(500, written.Applied + written.Superseded);
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(495 + i, (await ReadAsync($"seq-{i}"))!["n"].GetInt32());
        }
    }

    [Fact]
    public async Task Rows_merge_replace_and_delete_at_the_times_that_they_say()
    {
        FeatureRow[] rows =
        [
            FeatureRow.Merge("ops", new { a = 1, b = 1 }) with { EventTimestamp = Noon },
            FeatureRow.Replace("ops", new { b = 2, c = 2, d = 2 }) with { EventTimestamp = Noon.AddSeconds(1) },
            FeatureRow.Delete("ops", "c") with { EventTimestamp = Noon.AddSeconds(2) },
            FeatureRow.Merge("ops", new { c = 0 }) with { EventTimestamp = Noon.AddSeconds(1.5), CreatedTimestamp = Noon },
            FeatureRow.Merge(new EntityId("ops", "two"), new { e = 1 }) with { EventTimestamp = Noon, Ttl = TimeSpan.FromDays(10_000) },
            FeatureRow.Merge("gone", new { f = 1 }) with { EventTimestamp = Noon },
            FeatureRow.Delete("gone") with { EventTimestamp = Noon },
        ];
        var written = await store.WriteManyAsync(rows.Select(row => row with { View = _view }), cancellationToken: Cancel);
        Assert.Equal((6, 1), (written.Applied, written.Superseded));
        Assert.Equal(["b", "d"], (await ReadAsync("ops"))!.Values.Keys.Order());
        Assert.Null(await ReadAsync("gone"));
        var two = await store.GetAsync(new EntityId("ops", "two"), new ReadOptions { Views = [_view], Metadata = true }, Cancel);
        Assert.Equal(Noon.AddDays(10_000), two!.Metadata["e"].ExpiresAt);
    }

    [Fact]
    public async Task A_record_goes_to_its_view_and_a_row_with_line_breaks_stays_one_row()
    {
        EntityId id = Guid.NewGuid().ToString();
        var written = await store.WriteManyAsync(
            [
                FeatureRow.Merge(id, new AirportWeather(1, null, "a\nb")),
                FeatureRow.Replace($"{id}-raw", new Raw("{\r\n  \"x\": 1\r\n}")) with { View = _view },
                FeatureRow.Merge($"{id}-generated", new Trip { Kilometres = 3 }, GeneratedJson.Default.Trip) with { View = _view },
            ],
            cancellationToken: Cancel);
        Assert.Equal(3, written.ThrowIfRejected().Applied);
        Assert.Equal(new AirportWeather(1, null, "a\nb"), await store.GetAsync<AirportWeather>(id, cancellationToken: Cancel));
        Assert.Equal(1, (await ReadAsync($"{id}-raw"))!["x"].GetInt32());
        Assert.Equal(3, (await ReadAsync($"{id}-generated"))!["Kilometres"].GetInt32());
    }

    [Fact]
    public async Task Rejected_rows_are_named_with_all_their_faults_and_keep_no_other_out()
    {
        var rows = Rows(2500).Select((row, i) => i switch
        {
            3 => row with { View = "NO", EventTimestamp = DateTimeOffset.MaxValue },
            1999 => FeatureRow.Merge("empty", new { }),
            2000 => row with { Ttl = TimeSpan.FromSeconds(-1) },
            _ => row,
        });
        var written = await store.WriteManyAsync(rows, cancellationToken: Cancel);
        Assert.Equal((2497, 3, 2500), (written.Applied, written.Rejected, written.Settled));
        Assert.Equal([3, 1999, 2000], written.Rejections.Select(row => row.Index));
        Assert.Equal(["event_timestamp", "view"], written.Rejections[0].Faults.Select(fault => fault.Member).Order());
        Assert.Equal("r2000", written.Rejections[2].Row.Id);
        Assert.Equal(2499, (await ReadAsync("r2499"))!["n"].GetInt32());

        var e = Assert.Throws<FeatureStoreInvalidException>(written.ThrowIfRejected);
        Assert.Equal([3, 3, 1999, 2000], e.Faults.Select(fault => fault.Index!.Value));
    }

    [Fact]
    public async Task Every_rejected_row_is_told_of_although_a_reply_names_the_first_hundred_faults()
    {
        var bad = Enumerable.Range(0, 1500).Where(i => i % 3 == 0 && i is < 600 or > 1300).ToHashSet();
        var rows = Rows(1500).Select((row, i) => bad.Contains(i) ? row with { Ttl = TimeSpan.Zero, View = "NO" } : row);
        var told = new List<RejectedRow>();
        var written = await store.WriteManyAsync(rows, new WriteManyOptions { OnRejected = told.Add, MaxRejections = 5 }, Cancel);
        Assert.Equal((1500 - bad.Count, bad.Count), (written.Applied, written.Rejected));
        Assert.Equal(bad.Order(), told.Select(row => (int)row.Index).Order());
        Assert.All(told, row => Assert.Equal(["ttl_seconds", "view"], row.Faults.Select(fault => fault.Member).Order()));
        Assert.Equal(5, written.Rejections.Count);
    }

    [Fact]
    public async Task A_row_of_a_slow_stream_goes_in_before_the_next_one_comes()
    {
        var arrived = new TaskCompletionSource();
        async IAsyncEnumerable<FeatureRow> SlowRows()
        {
            yield return FeatureRow.Merge("first", new { n = 1 }) with { View = _view };
            await arrived.Task;
            yield return FeatureRow.Merge("second", new { n = 2 }) with { View = _view };
        }

        var write = store.WriteManyAsync(SlowRows(), new WriteManyOptions { MaxWait = TimeSpan.FromMilliseconds(5) }, Cancel);
        await FeatureStore.Harness.Wait.UntilAsync(async () => await ReadAsync("first") is not null, "the first row");
        arrived.SetResult();
        Assert.Equal(2, (await write).Applied);
        Assert.NotNull(await ReadAsync("second"));
    }

    [Fact]
    public async Task A_stream_that_fails_passes_its_own_exception_on()
    {
        async IAsyncEnumerable<FeatureRow> Failing([EnumeratorCancellation] CancellationToken cancellation = default)
        {
            yield return FeatureRow.Merge("before", new { n = 1 }) with { View = _view };
            await Task.Delay(1, cancellation);
            throw new InvalidDataException("the file ends here");
        }

        var e = await Assert.ThrowsAsync<InvalidDataException>(() => store.WriteManyAsync(Failing(Cancel), cancellationToken: Cancel));
        Assert.Equal("the file ends here", e.Message);
    }

    [Fact]
    public async Task A_row_that_is_no_json_ends_the_stream_and_is_named()
    {
        var rows = Rows(3).Append(FeatureRow.Merge("nan", new { f = double.NaN }));
        var e = await Assert.ThrowsAsync<WriteManyException>(() => store.WriteManyAsync(rows, cancellationToken: Cancel));
        Assert.IsType<FeatureMappingException>(e.InnerException);
        Assert.Contains("Row 3 (nan)", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_empty_stream_is_no_error() => Assert.Equal(new WriteManyResult { Rejections = [] }.Settled, (await store.WriteManyAsync([], cancellationToken: Cancel)).Settled);

    private IEnumerable<FeatureRow> Rows(int count) =>
        Enumerable.Range(0, count).Select(i => FeatureRow.Merge($"r{i}", new { n = i, text = "ü" }) with { View = _view });

    private Task<EntityFeatures?> ReadAsync(EntityId id) => store.GetAsync(id, new ReadOptions { Views = [_view] }, Cancel);

    /// <summary>Features whose JSON is laid out by hand.</summary>
    [JsonConverter(typeof(RawConverter))]
    private sealed record Raw(string Json);

    private sealed class RawConverter : JsonConverter<Raw>
    {
        public override Raw? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new NotSupportedException();

        public override void Write(Utf8JsonWriter writer, Raw value, JsonSerializerOptions options) => writer.WriteRawValue(value.Json);
    }
}

public sealed class HttpStreamingTests(RunningStore running) : StreamingTests(running.Http);

public sealed class DaprStreamingTests(RunningStore running) : StreamingTests(running.Dapr);
