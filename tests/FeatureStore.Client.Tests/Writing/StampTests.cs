using Microsoft.Extensions.Time.Testing;

namespace FeatureStore.Client.Tests.Writing;

/// <summary>Rows that the client stamps by its own clock.</summary>
public sealed class StampTests(RunningStore running)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_later_row_of_a_client_wins_although_its_clock_stands_still()
    {
        var options = running.HttpOptions();
        options.StampWrites = true;
        using var store = new FeatureStoreClient(options, new FakeTimeProvider(TimeProvider.System.GetUtcNow()));
        EntityId id = Guid.NewGuid().ToString();

        // Of rows of one stamp the greater value would win.
        await store.WriteManyAsync(Enumerable.Range(0, 9).Select(i => FeatureRow.Merge(id, new { n = 9 - i })), cancellationToken: Cancel);
        Assert.Equal(1, (await store.GetAsync(id, cancellationToken: Cancel))!["n"].GetInt32());
        var last = await store.WriteAsync(id, new { n = 0 }, cancellationToken: Cancel);
        Assert.Equal(WriteOutcome.Applied, last.Outcome);
        Assert.Equal(0, (await store.GetAsync(id, cancellationToken: Cancel))!["n"].GetInt32());
    }

    [Fact]
    public async Task A_write_that_the_service_stamps_wins_over_a_clock_that_is_ahead_and_one_that_the_client_stamps_does_not()
    {
        EntityId id = Guid.NewGuid().ToString();
        var ahead = new WriteOptions { EventTimestamp = TimeProvider.System.GetUtcNow().AddMinutes(2) };
        await running.Http.WriteAsync(id, new { n = 1 }, ahead, Cancel);

        var options = running.HttpOptions();
        options.StampWrites = true;
        using var stamping = new FeatureStoreClient(options);
        Assert.Equal(WriteOutcome.Superseded, (await stamping.WriteAsync(id, new { n = 2 }, cancellationToken: Cancel)).Outcome);
        Assert.Equal(1, (await running.Http.WriteManyAsync([FeatureRow.Merge(id, new { n = 3 })], cancellationToken: Cancel)).Superseded);
        Assert.Equal(WriteOutcome.Applied, (await running.Http.WriteAsync(id, new { n = 4 }, cancellationToken: Cancel)).Outcome);
        Assert.Equal(4, (await running.Http.GetAsync(id, cancellationToken: Cancel))!["n"].GetInt32());
    }
}
