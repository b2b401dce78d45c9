using System.Net;

namespace FeatureStore.Client.Tests.Writing;

/// <summary>Writes of one row, whichever way the services are reached.</summary>
public abstract class WritingTests(FeatureStoreClient store)
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_write_tells_the_stamps_and_whether_it_is_what_is_stored()
    {
        EntityId id = Guid.NewGuid().ToString();
        var options = new WriteOptions { View = "stamps", EventTimestamp = Noon.AddTicks(17).ToOffset(TimeSpan.FromHours(2)), CreatedTimestamp = Noon };
        var first = await store.WriteAsync(id, new { a = 1 }, options, Cancel);
        Assert.Equal(new WriteResult(id, "stamps", Noon.AddTicks(10), Noon, WriteOutcome.Applied), first);

        // The same row again is the same row; an older one is superseded.
        Assert.Equal(first, await store.WriteAsync(id, new { a = 1 }, options, Cancel));
        var older = await store.WriteAsync(id, new { a = 2 }, options with { EventTimestamp = Noon.AddSeconds(-1) }, Cancel);
        Assert.Equal(WriteOutcome.Superseded, older.Outcome);
        Assert.Equal(1, (await store.GetAsync(id, new ReadOptions { Views = ["stamps"] }, Cancel))!["a"].GetInt32());
    }

    [Fact]
    public async Task A_write_sets_a_replacement_drops_and_a_delete_removes()
    {
        EntityId id = 4711;
        await store.WriteAsync(id, new { a = 1, b = 1, c = 1 }, cancellationToken: Cancel);
        await store.WriteAsync(id, new Dictionary<string, object?> { ["a"] = 2, ["C"] = null }, cancellationToken: Cancel);
        Assert.Equal(["C", "a", "b", "c"], await NamesAsync(id));
        await store.ReplaceAsync(id, new { a = 3, b = 3 }, cancellationToken: Cancel);
        Assert.Equal(["a", "b"], await NamesAsync(id));
        Assert.Equal(WriteOutcome.Applied, (await store.DeleteAsync(id, new DeleteOptions { Features = ["a"] }, Cancel)).Outcome);
        Assert.Equal(["b"], await NamesAsync(id));
        await store.DeleteAsync(id, cancellationToken: Cancel);
        Assert.Null(await store.GetAsync("4711", cancellationToken: Cancel));
    }

    [Fact]
    public async Task A_delete_leaves_what_became_true_later()
    {
        EntityId id = Guid.NewGuid().ToString();
        await store.WriteAsync(id, new { a = 1 }, new WriteOptions { EventTimestamp = Noon }, Cancel);
        await store.WriteAsync(id, new { b = 1 }, new WriteOptions { EventTimestamp = Noon.AddSeconds(2) }, Cancel);
        var deleted = await store.DeleteAsync(id, new DeleteOptions { EventTimestamp = Noon.AddSeconds(1) }, Cancel);
        Assert.Equal(Noon.AddSeconds(1), deleted.EventTimestamp);
        Assert.Equal(["b"], await NamesAsync(id));
        Assert.Equal(WriteOutcome.Superseded, (await store.WriteAsync(id, new { c = 1 }, new WriteOptions { EventTimestamp = Noon }, Cancel)).Outcome);
    }

    [Fact]
    public async Task What_the_store_refuses_is_an_exception_that_lists_every_fault_and_changes_nothing()
    {
        EntityId id = Guid.NewGuid().ToString();
        var e = await Assert.ThrowsAsync<FeatureStoreInvalidException>(() => store.WriteAsync(
            id, new Dictionary<string, int> { ["a"] = 1 }, new WriteOptions { View = "NO", Ttl = TimeSpan.Zero, EventTimestamp = DateTimeOffset.MaxValue }, Cancel));
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "urn:featurestore:invalid"), (e.StatusCode, e.Type));
        Assert.Equal(["event_timestamp", "ttl_seconds", "view"], e.Faults.Select(fault => fault.Member).Order(StringComparer.Ordinal));
        Assert.All(e.Faults, fault => Assert.Contains(fault.Detail, e.Message, StringComparison.Ordinal));

        await Assert.ThrowsAsync<FeatureStoreInvalidException>(() => store.WriteAsync(id, new { }, cancellationToken: Cancel));
        await Assert.ThrowsAsync<FeatureStoreInvalidException>(() => store.WriteAsync(id, "no object", cancellationToken: Cancel));
        await Assert.ThrowsAsync<ArgumentException>(() => store.WriteAsync(id, new { a = float.PositiveInfinity }, cancellationToken: Cancel));
        var large = await Assert.ThrowsAsync<FeatureStoreInvalidException>(
            () => store.WriteAsync(id, new { a = new string('x', 1200 * 1024) }, cancellationToken: Cancel));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, large.StatusCode);
        Assert.Null(await store.GetAsync(id, cancellationToken: Cancel));
    }

    [Fact]
    public async Task Values_go_in_as_they_read_and_as_their_types_write_them()
    {
        EntityId id = Guid.NewGuid().ToString();
        await store.WriteAsync(
            id, new { text = "ü \"é\" <b>", at = Noon, bytes = new byte[] { 1, 2 }, list = new[] { 0.1f, 3 }, whole = 39.0, tiny = -1e-300, huge = 1e300, big = 9007199254740993, exact = 1.10m }, cancellationToken: Cancel);
        var read = await store.GetAsync(id, cancellationToken: Cancel);
        Assert.Equal(
            ["39.0", "-1E-300", "1E+300", "9007199254740993", "\"2026-01-02T12:00:00+00:00\"", "\"AQI=\"", "1.10", "[0.1,3.0]", "\"ü \\\"é\\\" <b>\""],
            new[] { "whole", "tiny", "huge", "big", "at", "bytes", "exact", "list", "text" }.Select(name => read![name].GetRawText()));
    }

    private async Task<IEnumerable<string>> NamesAsync(EntityId id) => (await store.GetAsync(id, cancellationToken: Cancel))!.Values.Keys.Order(StringComparer.Ordinal);
}

public sealed class HttpWritingTests(RunningStore running) : WritingTests(running.Http);

public sealed class DaprWritingTests(RunningStore running) : WritingTests(running.Dapr);
