using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using FeatureStore.Harness;
using Microsoft.Extensions.Time.Testing;

namespace FeatureStore.Client.Tests.Edge;

/// <summary>What is served from the stream while all is well.</summary>
public sealed class EdgeServingTests
{
    private static readonly DateTimeOffset Noon = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_first_call_waits_for_the_snapshot_and_later_ones_have_each_change_at_once()
    {
        await using var service = await StreamingService.StartAsync();
        using var store = service.Client(configure: options => options.ApiKey = "fs_key");
        await using var edge = store.OpenEdge(new EdgeOptions { Read = new ReadOptions { Service = "model_v1", Entity = "airport" } });
        var first = edge.GetAsync("a/b", Cancel).AsTask();
        var stream = await service.NextAsync();
        Assert.False(first.IsCompleted);
        await stream.SnapshotAsync(OpenStream.Features("39.0"));
        var features = await first;
        Assert.Equal(("39.0", true, 7L), (features.Features["f"].GetRawText(), features.IsConnected, features.Features.RegistryVersion));
        Assert.Equal(("v", FeatureStatus.Present), (features.Features.Metadata["f"].View, features.Features.Metadata["f"].Status));

        await stream.ChangeAsync(OpenStream.Features("40.5"));
        await Wait.UntilAsync(
            () =>
            {
                var later = edge.GetAsync("a/b", Cancel);
                Assert.True(later.IsCompletedSuccessfully);
                return Task.FromResult(later.Result.Features["f"].GetRawText() == "40.5");
            },
            "the change");
        Assert.Equal("/features?entity_id=a%2Fb&entity=airport&service=model_v1&metadata=true", stream.Target);
        Assert.Equal(("text/event-stream", "Bearer fs_key"), (stream.Headers["Accept"], stream.Headers["Authorization"]));
        Assert.Equal(1, service.Asked);
    }

    [Fact]
    public async Task Through_Dapr_the_stream_takes_the_way_of_other_reads()
    {
        await using var service = await StreamingService.StartAsync();
        var options = new FeatureStoreOptions().UseDapr(dapr => (dapr.HttpEndpoint, dapr.ApiToken, dapr.ApiAppId) = (service.Address, "the-token", "my-api"));
        using var store = new FeatureStoreClient(options);
        await using var edge = store.OpenEdge(new EdgeOptions { Read = new ReadOptions { Views = ["v", "w"], Features = ["f"], Defaults = true } });
        var first = edge.GetAsync(new EntityId("EWR", "N1"), Cancel).AsTask();
        var stream = await service.NextAsync();
        await stream.SnapshotAsync(OpenStream.Features("1"));
        Assert.Equal(["EWR", "N1"], (await first).Features.Id.Keys);
        Assert.Equal("/v1.0/invoke/my-api/method/features?entity_id=EWR&entity_id=N1&view=v&view=w&feature=f&defaults=true&metadata=true", stream.Target);
        Assert.Equal("the-token", stream.Headers["dapr-api-token"]);
    }

    [Fact]
    public async Task Features_become_a_type_as_they_do_in_other_reads()
    {
        await using var service = await StreamingService.StartAsync();
        using var store = service.Client();
        await using var edge = store.OpenEdge();
        var first = edge.GetAsync<AirportWeather>("a", Cancel).AsTask();
        var stream = await service.NextAsync();
        await stream.SnapshotAsync("""{"entity_id":"a","features":{"temp":39.0,"sky":"clear"},"metadata":{}}""");
        Assert.Equal(new AirportWeather(39.0, null, "clear"), await first);
        var open = await edge.GetAsync("a", (JsonTypeInfo<Open>)JsonSerializerOptions.Default.GetTypeInfo(typeof(Open)), Cancel);
        Assert.Equal(["temp", "sky"], open!.Rest.Keys);

        await stream.ChangeAsync("""{"entity_id":"a","features":{"sky":"grey"},"metadata":{}}""");
        await UntilAsync(edge, known => known.Features["sky"].GetString() == "grey");
        var e = await Assert.ThrowsAsync<FeatureMappingException>(() => edge.GetAsync<AirportWeather>("a", Cancel).AsTask());
        Assert.Equal(["temp"], e.Missing);

        await stream.ChangeAsync("""{"entity_id":"a","features":{},"metadata":{}}""");
        await UntilAsync(edge, known => known.Features.Values.Count == 0);
        Assert.Null(await edge.GetAsync<AirportWeather>("a", Cancel));
    }

    [Fact]
    public async Task Callers_of_one_entity_share_its_stream_and_a_cancelled_one_leaves_it_to_the_others()
    {
        await using var service = await StreamingService.StartAsync();
        using var store = service.Client();
        await using var edge = store.OpenEdge();
        using var impatient = new CancellationTokenSource();
        var cancelled = edge.GetAsync("a", impatient.Token).AsTask();
        var others = Enumerable.Range(0, 3).Select(_ => edge.GetAsync("a", Cancel).AsTask()).ToList();
        var stream = await service.NextAsync();
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => edge.GetAsync("b", impatient.Token).AsTask());
        await stream.SnapshotAsync(OpenStream.Features("1"));
        Assert.All(await Task.WhenAll(others), known => Assert.Equal(1, known.Features["f"].GetInt32()));
        Assert.Equal(1, service.Asked);
    }

    [Fact]
    public async Task The_staleness_is_what_the_last_event_said_and_the_time_since()
    {
        await using var service = await StreamingService.StartAsync();
        var time = new FakeTimeProvider(Noon);
        var wall = new WallClock(time);
        using var store = service.Client(wall);
        await using var edge = store.OpenEdge();
        var first = edge.GetAsync("a", Cancel).AsTask();
        var stream = await service.NextAsync();
        await stream.SnapshotAsync(OpenStream.Features("1", at: Noon - TimeSpan.FromSeconds(10)));
        var known = await first;
        Assert.Equal((TimeSpan.Zero, TimeSpan.FromSeconds(10)), (known.Staleness, known.Features.Metadata["f"].Age));
        time.Advance(TimeSpan.FromSeconds(4));
        known = await edge.GetAsync("a", Cancel);
        Assert.Equal((TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(14)), (known.Staleness, known.Features.Metadata["f"].Age));

        await stream.HeartbeatAsync("0.2");
        await UntilAsync(edge, said => said.Staleness == TimeSpan.FromSeconds(0.2));
        time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(TimeSpan.FromSeconds(3.2), (await edge.GetAsync("a", Cancel)).Staleness);

        // What a clock that is set says of the time that has passed does not count.
        wall.SetBy = -TimeSpan.FromHours(1);
        Assert.Equal(TimeSpan.FromSeconds(3.2), (await edge.GetAsync("a", Cancel)).Staleness);

        await stream.HeartbeatAsync("75");
        await UntilAsync(edge, said => said.Staleness == TimeSpan.FromSeconds(75));
        await stream.WriteAsync(": a comment\n\nevent: later_version\ndata: anything\n\n");
        await stream.ChangeAsync(OpenStream.Features("2"));
        await UntilAsync(edge, said => said.Staleness == TimeSpan.Zero && said.Features["f"].GetInt32() == 2);
        Assert.Equal(1, service.Asked);
    }

    private static Task UntilAsync(EdgeCache edge, Func<EdgeFeatures, bool> condition) =>
        Wait.UntilAsync(async () => condition(await edge.GetAsync("a", Cancel)), "the event");

    /// <summary>A clock that somebody sets, while time passes as it does.</summary>
    private sealed class WallClock(TimeProvider time) : TimeProvider
    {
        public TimeSpan SetBy { get; set; }

        public override long TimestampFrequency => time.TimestampFrequency;

        public override long GetTimestamp() => time.GetTimestamp();

        public override DateTimeOffset GetUtcNow() => time.GetUtcNow() + SetBy;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            time.CreateTimer(callback, state, dueTime, period);
    }
}
