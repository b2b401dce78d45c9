using Xunit;

namespace FeatureStore.Dapr.Tests;

public sealed class OnlineWriterTests
{
    [Fact]
    public async Task Replicas_that_compete_for_the_same_rows_lose_nothing()
    {
        await using var store = await OnlineStore.StartAsync();
        var replicas = Enumerable.Range(0, 4).Select(_ => store.NewWriter()).ToArray();
        await Task.WhenAll(Enumerable.Range(0, 400).Select(async i =>
        {
            // A conflict that lasts is a failure that says so; who gets one writes again.
            while (true)
            {
                try
                {
                    await replicas[i % 4].WriteAsync(OnlineStore.Row($"{i % 5}", $"{{\"f{i}\":{i}}}"));
                    return;
                }
                catch (StateStoreException)
                {
                }
            }
        }));

        for (var key = 0; key < 5; key++)
        {
            var expected = Enumerable.Range(0, 400).Where(i => i % 5 == key).Select(i => $"\"f{i}\":{i}").Order(StringComparer.Ordinal);
            // In the order of the names, which is not that of their text with values.
            var features = OnlineStore.Features(await store.Reader.ReadAsync($"default/{key}", CancellationToken.None));
            Assert.Equal(expected, features.Trim('{', '}').Split(',').Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public async Task Rows_of_one_key_without_stamps_end_in_the_order_in_which_they_were_handed_over()
    {
        await using var store = await OnlineStore.StartAsync();
        var writer = store.NewWriter();
        var written = await Task.WhenAll(Enumerable.Range(0, 1000).Select(i => writer.WriteAsync(OnlineStore.Row("a", $"{{\"n\":{i}}}"))));
        Assert.Equal("""{"n":999}""", OnlineStore.Features(await store.Reader.ReadAsync("default/a", CancellationToken.None)));
        Assert.Equal(written.Select(outcome => outcome.Stamp), written.Select(outcome => outcome.Stamp).Order());
    }

    [Fact]
    public async Task A_row_that_does_not_fit_fails_alone_and_the_others_of_its_key_go_in()
    {
        await using var store = await OnlineStore.StartAsync();
        var writer = store.NewWriter();
        var first = writer.WriteAsync(OnlineStore.Row("a", """{"n":1}"""));
        var large = writer.WriteAsync(OnlineStore.Row("a", $"{{\"t\":\"{new string('x', 1_100_000)}\"}}"));
        var last = writer.WriteAsync(OnlineStore.Row("a", """{"m":2}"""));
        await Assert.ThrowsAsync<RowTooLargeException>(() => large);
        Assert.True((await first).Applied && (await last).Applied);
        Assert.Equal("""{"m":2,"n":1}""", OnlineStore.Features(await store.Reader.ReadAsync("default/a", CancellationToken.None)));
    }

    [Fact]
    public async Task A_row_that_does_not_wait_fails_at_once_while_what_is_stored_is_about_to_expire()
    {
        await using var store = await OnlineStore.StartAsync();
        // So that what expires in minutes counts as about to expire for as long as the test runs.
        var writer = store.NewWriter(store.Options with { ExpiryGuard = TimeSpan.FromHours(1) });
        await writer.WriteAsync(OnlineStore.Row("a", """{"n":1}""", ttlSeconds: 600));
        var waiting = writer.WriteAsync(OnlineStore.Row("a", """{"n":2}"""));
        for (var i = 0; i < 3; i++)
        {
            // Be it before or after the batch has found out.
            var refused = await Assert.ThrowsAsync<RowMustWaitException>(() => writer.WriteAsync(OnlineStore.Row("a", """{"n":3}"""), waits: false));
            Assert.InRange(refused.Delay, TimeSpan.FromMinutes(1), TimeSpan.FromHours(1));
        }

        await writer.WriteAsync(OnlineStore.Row("b", """{"n":4}"""), waits: false);
        Assert.False(waiting.IsCompleted);
        Assert.Equal("""{"n":1}""", OnlineStore.Features(await store.Reader.ReadAsync("default/a", CancellationToken.None)));
    }
}
