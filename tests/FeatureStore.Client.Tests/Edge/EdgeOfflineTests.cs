using FeatureStore.Harness;
using Microsoft.Extensions.Time.Testing;

namespace FeatureStore.Client.Tests.Edge;

/// <summary>What is served while the store is away, and when it is back.</summary>
public sealed class EdgeOfflineTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_known_is_served_while_the_store_is_away_and_what_is_new_when_it_is_back()
    {
        await using var service = await StreamingService.StartAsync();
        using var store = service.Client();
        await using var edge = store.OpenEdge();
        await OpenAsync(service, edge, OpenStream.Features("1"));
        await service.KillAsync();
        await Wait.UntilAsync(async () => !(await edge.GetAsync("a", Cancel)).IsConnected, "the connection to be missed");
        var then = await edge.GetAsync("a", Cancel);
        await Wait.UntilAsync(async () => (await edge.GetAsync("a", Cancel)).Staleness > then.Staleness, "time to pass");
        Assert.Equal((1, false), (then.Features["f"].GetInt32(), then.IsConnected));

        await service.ReviveAsync();
        var stream = await service.NextAsync();
        Assert.Equal(1, (await edge.GetAsync("a", Cancel)).Features["f"].GetInt32());
        await stream.SnapshotAsync(OpenStream.Features("2"));
        await Wait.UntilAsync(async () => (await edge.GetAsync("a", Cancel)) is { IsConnected: true } known && known.Features["f"].GetInt32() == 2, "the new snapshot");
    }

    [Fact]
    public async Task The_staleness_grows_with_the_time_that_the_store_is_away()
    {
        await using var service = await StreamingService.StartAsync();
        var time = new FakeTimeProvider(Noon);
        using var store = service.Client(time);
        await using var edge = store.OpenEdge();
        var stream = await OpenAsync(service, edge, OpenStream.Features("1"));
        await stream.HeartbeatAsync("0.5");
        await Wait.UntilAsync(async () => (await edge.GetAsync("a", Cancel)).Staleness == TimeSpan.FromSeconds(0.5), "the heartbeat");
        await service.KillAsync();
        time.Advance(TimeSpan.FromHours(2));
        await Wait.UntilAsync(async () => !(await edge.GetAsync("a", Cancel)).IsConnected, "the connection to be missed");
        var known = await edge.GetAsync("a", Cancel);
        Assert.Equal((1, TimeSpan.FromHours(2) + TimeSpan.FromSeconds(0.5)), (known.Features["f"].GetInt32(), known.Staleness));
    }

    [Fact]
    public async Task A_value_that_expires_is_not_served_any_longer_though_nobody_says_so()
    {
        await using var service = await StreamingService.StartAsync();
        var time = new FakeTimeProvider(Noon);
        using var store = service.Client(time);
        await using var edge = store.OpenEdge();
        var stream = await OpenAsync(service, edge, """
            {"entity_id":"a","features":{"brief":1,"empty":null,"filled":0.5,"stand_in":0.5,"ever":2},"metadata":{
            "brief":{"view":"v","status":"PRESENT","event_timestamp":"2026-01-02T11:59:30Z","created_timestamp":null,"expires_at":"2026-01-02T12:00:05Z","age_seconds":30},
            "empty":{"view":"v","status":"NULL_VALUE","event_timestamp":"2026-01-02T11:59:30Z","created_timestamp":null,"expires_at":"2026-01-02T12:00:06Z","age_seconds":30},
            "filled":{"view":"v","status":"NULL_VALUE","event_timestamp":"2026-01-02T11:59:30Z","created_timestamp":null,"expires_at":"2026-01-02T12:00:05Z","age_seconds":30},
            "stand_in":{"view":"v","status":"OUTSIDE_MAX_AGE","event_timestamp":null,"created_timestamp":null,"expires_at":"2026-01-02T11:00:00Z","age_seconds":null},
            "ever":{"view":"v","status":"PRESENT","event_timestamp":"2026-01-02T11:59:30Z","created_timestamp":null,"expires_at":null,"age_seconds":30}}}
            """.Replace("\n", "", StringComparison.Ordinal));
        Assert.Equal(["brief", "empty", "filled", "stand_in", "ever"], (await edge.GetAsync("a", Cancel)).Features.Values.Keys);
        time.Advance(TimeSpan.FromSeconds(5) - TimeSpan.FromMicroseconds(1));
        var last = await edge.GetAsync("a", Cancel);
        Assert.Equal((1, FeatureStatus.Present, true), (last.Features["brief"].GetInt32(), last.Features.Metadata["brief"].Status, last.IsConnected));

        // By the clock alone, while the stream stands; and while there is none.
        time.Advance(TimeSpan.FromMicroseconds(1));
        Assert.Equal(["empty", "filled", "stand_in", "ever"], (await edge.GetAsync("a", Cancel)).Features.Values.Keys);
        stream.Cut();
        await service.KillAsync();
        time.Advance(TimeSpan.FromSeconds(1));
        await Wait.UntilAsync(async () => !(await edge.GetAsync("a", Cancel)).IsConnected, "the connection to be missed");
        var known = (await edge.GetAsync("a", Cancel)).Features;
        Assert.Equal(["filled", "stand_in", "ever"], known.Values.Keys);
        Assert.Equal(FeatureStatus.OutsideMaxAge, known.Metadata["brief"].Status);
        Assert.Equal(
            ["brief", "empty", "filled", "stand_in"],
            known.Metadata.Where(feature => feature.Value.Status == FeatureStatus.OutsideMaxAge).Select(feature => feature.Key));
        Assert.Equal([36, 36, 36, null, 36], known.Metadata.Values.Select(feature => feature.Age?.TotalSeconds));
        Assert.True(known.Metadata.TryGetValue("ever", out var ever) && ever.Age == TimeSpan.FromSeconds(36) && !known.Metadata.TryGetValue("never", out _));
        Assert.Equal(new Dictionary<string, double> { ["ever"] = 2, ["filled"] = 0.5, ["stand_in"] = 0.5 }, await edge.GetAsync<Dictionary<string, double>>("a", Cancel));
    }

    [Fact]
    public async Task What_is_older_than_is_allowed_is_refused_until_it_is_heard_of_again()
    {
        await using var service = await StreamingService.StartAsync();
        var time = new FakeTimeProvider(Noon);
        using var store = service.Client(time);
        await using var edge = store.OpenEdge(new EdgeOptions { MaxStaleness = TimeSpan.FromSeconds(8), SilenceLimit = TimeSpan.FromHours(1) });
        var stream = await OpenAsync(service, edge, OpenStream.Features("1"));
        await stream.HeartbeatAsync("2");
        await Wait.UntilAsync(async () => (await edge.GetAsync("a", Cancel)).Staleness == TimeSpan.FromSeconds(2), "the heartbeat");
        time.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal(TimeSpan.FromSeconds(8), (await edge.GetAsync("a", Cancel)).Staleness);
        time.Advance(TimeSpan.FromSeconds(0.5));
        var e = await Assert.ThrowsAsync<FeatureStoreUnavailableException>(() => edge.GetAsync("a", Cancel).AsTask());
        Assert.Contains("8.5 s old; at most 8 s", e.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<FeatureStoreUnavailableException>(() => edge.GetAsync<AirportWeather>("a", Cancel).AsTask());

        await stream.HeartbeatAsync("0");
        await Wait.UntilAsync(async () => (await Record.ExceptionAsync(() => edge.GetAsync("a", Cancel).AsTask())) is null, "the heartbeat");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Half_an_event_is_none(bool inGoodOrder)
    {
        await using var service = await StreamingService.StartAsync();
        using var store = service.Client();
        await using var edge = store.OpenEdge();
        var stream = await OpenAsync(service, edge, OpenStream.Features("1"));
        // All of its lines, but not the empty one that says that these are all.
        await stream.WriteAsync($"event: change\ndata: {OpenStream.Features("2")}\n");
        if (inGoodOrder)
        {
            stream.Close();
        }
        else
        {
            stream.Cut();
        }

        var next = await service.NextAsync();
        Assert.Equal((1, false), ((await edge.GetAsync("a", Cancel)).Features["f"].GetInt32(), (await edge.GetAsync("a", Cancel)).IsConnected));
        await next.SnapshotAsync(OpenStream.Features("3"));
        await Wait.UntilAsync(async () => (await edge.GetAsync("a", Cancel)).Features["f"].GetInt32() == 3, "the new snapshot");
    }

    [Fact]
    public async Task A_first_call_fails_in_time_and_the_tries_go_on()
    {
        await using var service = await StreamingService.StartAsync();
        await service.KillAsync();
        using var store = service.Client();
        await using var edge = store.OpenEdge(new EdgeOptions { ConnectTimeout = TimeSpan.FromMilliseconds(200) });
        var e = await Assert.ThrowsAsync<FeatureStoreUnavailableException>(() => edge.GetAsync("a", Cancel).AsTask());
        Assert.Contains("within 0.2 s", e.Message, StringComparison.Ordinal);
        Assert.Contains("connection refused", e.Message, StringComparison.Ordinal);

        await service.ReviveAsync();
        await (await service.NextAsync()).SnapshotAsync(OpenStream.Features("1"));
        await Wait.UntilAsync(async () => (await Record.ExceptionAsync(() => edge.GetAsync("a", Cancel).AsTask())) is null, "the features");
        Assert.Equal(1, (await edge.GetAsync("a", Cancel)).Features["f"].GetInt32());
    }

    private static async Task<OpenStream> OpenAsync(StreamingService service, EdgeCache edge, string features)
    {
        var first = edge.GetAsync("a", Cancel).AsTask();
        var stream = await service.NextAsync();
        await stream.SnapshotAsync(features);
        await first;
        return stream;
    }
}
