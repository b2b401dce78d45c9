using FeatureStore.Harness;

namespace FeatureStore.Client.Tests;

/// <summary>What a client does while a real store is away, and when it is back.</summary>
public sealed class OutageTests(RunningStore running)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_read_waits_for_a_store_that_comes_back()
    {
        await running.Http.WriteAsync("outage", new { f = 1 }, cancellationToken: Cancel);
        using var counted = new CountingHandler();
        using var http = new HttpClient(counted);
        using var store = new FeatureStoreClient(Patient(running.HttpOptions()), http);
        running.Stack.ApiSidecarProcess.Signal("STOP");
        Task<EntityFeatures?> read;
        try
        {
            read = store.GetAsync("outage", cancellationToken: Cancel);
            await counted.AnsweredAsync(1);
            Assert.False(read.IsCompleted);
        }
        finally
        {
            running.Stack.ApiSidecarProcess.Signal("CONT");
        }

        Assert.Equal(1, (await read)!["f"].GetInt32());
    }

    [Fact]
    public async Task Through_Dapr_a_read_waits_for_a_sidecar_that_comes_back()
    {
        await running.Http.WriteAsync("sidecar-outage", new { f = 1 }, cancellationToken: Cancel);
        using var counted = new CountingHandler();
        using var http = new HttpClient(counted);
        using var store = new FeatureStoreClient(Patient(running.DaprOptions()), http);
        await KillSidecarAsync();
        var read = store.GetAsync("sidecar-outage", cancellationToken: Cancel);
        await counted.SentAsync(2);
        await ReviveSidecarAsync();
        Assert.Equal(1, (await read)!["f"].GetInt32());
    }

    [Fact]
    public async Task Of_writes_in_an_outage_those_with_a_timestamp_go_in_later_and_those_without_fail_at_once()
    {
        using var counted = new CountingHandler();
        using var http = new HttpClient(counted);
        using var store = new FeatureStoreClient(Patient(running.HttpOptions()), http);
        await KillSidecarAsync();
        var e = await Assert.ThrowsAsync<FeatureStoreUnavailableException>(() => store.WriteAsync("outage-write", new { unstamped = 1 }, cancellationToken: Cancel));
        Assert.True(e.MayHaveBeenProcessed);
        var stamped = store.WriteAsync("outage-write", new { stamped = 1 }, new WriteOptions { EventTimestamp = DateTimeOffset.UtcNow }, Cancel);
        await counted.AnsweredAsync(3);
        await ReviveSidecarAsync();
        Assert.Equal(WriteOutcome.Applied, (await stamped).Outcome);
        Assert.Equal(["stamped"], (await store.GetAsync("outage-write", cancellationToken: Cancel))!.Values.Keys);
    }

    [Fact]
    public async Task A_stream_outlasts_an_outage_and_loses_no_row()
    {
        using var store = new FeatureStoreClient(Patient(running.HttpOptions()));
        var halfway = new TaskCompletionSource();
        async IAsyncEnumerable<FeatureRow> Rows()
        {
            for (var i = 0; i < 5000; i++)
            {
                if (i == 2500)
                {
                    await KillSidecarAsync();
                    halfway.SetResult();
                }

                yield return FeatureRow.Merge($"r{i}", new { n = i }) with { View = "outage_stream" };
            }
        }

        var write = store.WriteManyAsync(Rows(), new WriteManyOptions { BatchRows = 100, MaxRetries = 1000 }, Cancel);
        await halfway.Task;
        await ReviveSidecarAsync();
        var written = await write;
        Assert.Equal((5000, 5000), (written.Applied, written.Settled));
        foreach (var i in Enumerable.Range(0, 50).Select(i => (i * 100) + 7))
        {
            Assert.Equal(i, (await store.GetAsync($"r{i}", new ReadOptions { Views = ["outage_stream"] }, Cancel))!["n"].GetInt32());
        }
    }

    private static FeatureStoreOptions Patient(FeatureStoreOptions options)
    {
        (options.MaxRetries, options.Timeout) = (100, TimeSpan.FromMinutes(2));
        (options.RetryDelay, options.MaxRetryDelay) = (TimeSpan.FromMilliseconds(20), TimeSpan.FromSeconds(2));
        return options;
    }

    private async Task KillSidecarAsync()
    {
        running.Stack.IngestSidecarProcess.Signal("KILL");
        await running.Stack.IngestSidecarProcess.WaitForExitAsync();
    }

    private async Task ReviveSidecarAsync()
    {
        running.Stack.RestartIngestSidecar();
        await Wait.UntilAsync(() => FeatureStack.IsOkAsync(running.Stack.Ingest, "/health/ready"), "feature-ingest to be ready again");
    }
}
