using FeatureStore.Harness;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace FeatureStore.Client.Tests.Edge;

/// <summary>How streams are opened, opened anew and closed.</summary>
public sealed class EdgeConnectionTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("shutdown")]
    [InlineData("slow")]
    [InlineData("registry")]
    [InlineData("unavailable")]
    public async Task A_stream_that_was_ended_is_opened_anew(string reason)
    {
        await using var service = await StreamingService.StartAsync();
        using var store = service.Client();
        await using var edge = store.OpenEdge();
        var stream = await OpenAsync(service, edge, "a", "1");
        await stream.EndAsync(reason);
        var next = await service.NextAsync();
        Assert.Equal((1, false), await ReadAsync(edge, "a"));
        await next.SnapshotAsync(OpenStream.Features("2"));
        await Wait.UntilAsync(async () => await ReadAsync(edge, "a") == (2, true), "the new snapshot");
    }

    [Fact]
    public async Task An_ended_stream_is_left_even_if_its_connection_stays()
    {
        await using var service = await StreamingService.StartAsync();
        using var store = service.Client();
        await using var edge = store.OpenEdge();
        var stream = await OpenAsync(service, edge, "a", "1");
        await stream.WriteAsync("event: ended\ndata: {\"reason\":\"slow\",\"detail\":\"\"}\n\n");
        await service.NextAsync();
        await stream.LeftAsync();
    }

    [Fact]
    public async Task A_silent_connection_is_opened_anew_and_one_that_only_has_little_to_say_is_not()
    {
        await using var service = await StreamingService.StartAsync();
        var time = new FakeTimeProvider();
        using var store = service.Client(time);
        await using var edge = store.OpenEdge();
        var stream = await OpenAsync(service, edge, "a", "1");
        for (var i = 0; i < 3; i++)
        {
            time.Advance(TimeSpan.FromSeconds(14));
            await stream.HeartbeatAsync("0");
            await Wait.UntilAsync(async () => (await edge.GetAsync("a", Cancel)).Staleness == TimeSpan.Zero, "the heartbeat");
        }

        Assert.Equal((1, false), (service.Asked, stream.HasLeft));
        time.Advance(TimeSpan.FromSeconds(15));
        await stream.LeftAsync();
        await AdvanceUntilAsync(time, () => service.HasNext, "another connection");
        Assert.Equal((1, false), await ReadAsync(edge, "a"));

        // And one that does not even bring a snapshot.
        var next = await service.NextAsync();
        await AdvanceUntilAsync(time, () => next.HasLeft && service.HasNext, "another connection");
        await (await service.NextAsync()).SnapshotAsync(OpenStream.Features("2"));
        await Wait.UntilAsync(async () => await ReadAsync(edge, "a") == (2, true), "the new snapshot");
    }

    [Theory]
    [InlineData(404, "urn:featurestore:not-found", typeof(FeatureStoreNotFoundException))]
    [InlineData(422, "urn:featurestore:invalid", typeof(FeatureStoreInvalidException))]
    [InlineData(400, "urn:featurestore:malformed", typeof(FeatureStoreInvalidException))]
    [InlineData(401, "urn:featurestore:unauthorized", typeof(FeatureStoreException))]
    [InlineData(403, "urn:featurestore:forbidden", typeof(FeatureStoreException))]
    public async Task What_is_refused_fails_as_other_reads_do_and_only_another_call_asks_again(int status, string type, Type expected)
    {
        await using var service = await StreamingService.StartAsync();
        service.Instead = (context, _) => StandInService.ProblemAsync(context, status, type, "It is so.");
        using var store = service.Client();
        await using var edge = store.OpenEdge();
        for (var call = 1; call <= 2; call++)
        {
            var e = await Assert.ThrowsAnyAsync<FeatureStoreException>(() => edge.GetAsync("a", Cancel).AsTask());
            Assert.Equal((expected, status, type, "It is so."), (e.GetType(), (int)e.StatusCode!, e.Type, e.Title));
            Assert.Equal(call, service.Asked);
        }

        service.Instead = (_, _) => null;
        await OpenAsync(service, edge, "a", "1");
    }

    [Fact]
    public async Task What_is_refused_later_is_not_served_any_longer()
    {
        await using var service = await StreamingService.StartAsync();
        using var store = service.Client();
        await using var edge = store.OpenEdge();
        var stream = await OpenAsync(service, edge, "a", "1");
        service.Instead = (context, _) => StandInService.ProblemAsync(context, 403, "urn:featurestore:forbidden", "It is so.");
        stream.Cut();
        await Wait.UntilAsync(
            async () => await Record.ExceptionAsync(() => edge.GetAsync("a", Cancel).AsTask()) is FeatureStoreException { Title: "It is so." }, "the refusal");
    }

    [Fact]
    public async Task What_may_pass_is_tried_again_be_it_ours_or_a_proxys()
    {
        await using var service = await StreamingService.StartAsync();
        service.Instead = (context, n) => n switch
        {
            1 => StandInService.AwayAsync(context),
            2 => StandInService.ProblemAsync(context, 500, "urn:featurestore:internal", "It is so."),
            3 => StandInService.ProblemAsync(context, 429, "urn:featurestore:too-many-requests", "Too many requests."),
            4 => StandInService.JsonAsync(context, 404, "<html>nothing here</html>"),
            5 => StandInService.JsonAsync(context, 200, "<html>log in to the network</html>"),
            6 => StandInService.CutAsync(context),
            7 => SayAsync(context, "event: snapshot\ndata: {\"half\n\n"),
            8 => SayAsync(context, "event: snapshot\ndata: []\n\n"),
            _ => null,
        };
        using var store = service.Client();
        await using var edge = store.OpenEdge(new EdgeOptions { ConnectTimeout = TimeSpan.FromMinutes(1) });
        await OpenAsync(service, edge, "a", "1");
        Assert.Equal(9, service.Asked);
    }

    [Fact]
    public async Task An_answer_that_is_no_stream_is_said_to_be_none()
    {
        await using var service = await StreamingService.StartAsync();
        service.Instead = (context, _) => StandInService.FeaturesAsync(context);
        using var store = service.Client();
        await using var edge = store.OpenEdge(new EdgeOptions { ConnectTimeout = TimeSpan.FromSeconds(1) });
        var e = await Assert.ThrowsAsync<FeatureStoreUnavailableException>(() => edge.GetAsync("a", Cancel).AsTask());
        Assert.Contains("is its address right", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_pause_is_the_one_that_the_service_asks_for_but_no_longer_than_half_a_minute()
    {
        await using var service = await StreamingService.StartAsync();
        service.Instead = (context, n) => n <= 2 ? StandInService.AwayAsync(context, n == 1 ? "4" : "86400") : null;
        var time = new FakeTimeProvider();
        using var counted = new CountingHandler();
        using var http = new HttpClient(counted);
        using var store = new FeatureStoreClient(new FeatureStoreOptions { ApiAddress = service.Address, RetryDelay = TimeSpan.FromMilliseconds(1) }, http, time);
        await using var edge = store.OpenEdge(new EdgeOptions { ConnectTimeout = TimeSpan.FromHours(1) });
        var first = edge.GetAsync("a", Cancel).AsTask();
        await counted.AnsweredAsync(1);
        for (var waited = 0; waited < 39; waited++)
        {
            time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Delay(1, Cancel);
        }

        Assert.Equal(1, service.Asked);
        await AdvanceUntilAsync(time, () => service.Asked == 2, "the second try");
        await counted.AnsweredAsync(2);
        var since = time.GetUtcNow();
        await AdvanceUntilAsync(time, () => service.HasNext, "the third try, within a day", TimeSpan.FromSeconds(1));
        Assert.True(time.GetUtcNow() - since > TimeSpan.FromSeconds(29));

        var stream = await service.NextAsync();
        await stream.SnapshotAsync(OpenStream.Features("1"), retryMilliseconds: 86_400_000);
        await first;
        stream.Close();
        await AdvanceUntilAsync(time, () => service.HasNext, "the next connection, within a day", TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task Of_too_many_entities_the_one_that_was_asked_for_least_recently_is_let_go()
    {
        await using var service = await StreamingService.StartAsync();
        using var store = service.Client();
        await using var edge = store.OpenEdge(new EdgeOptions { MaxEntities = 2 });
        var a = await OpenAsync(service, edge, "a", "1");
        var b = await OpenAsync(service, edge, "b", "2");
        await edge.GetAsync("a", Cancel);
        var c = await OpenAsync(service, edge, "c", "3");
        await b.LeftAsync();
        Assert.Equal((false, false), (a.HasLeft, c.HasLeft));
        Assert.Equal((1, true), await ReadAsync(edge, "a"));

        var again = await OpenAsync(service, edge, "b", "4");
        await c.LeftAsync();
        Assert.Equal((false, false), (a.HasLeft, again.HasLeft));
    }

    [Fact]
    public async Task A_call_that_waits_gets_its_features_though_others_took_the_place()
    {
        await using var service = await StreamingService.StartAsync();
        using var store = service.Client();
        await using var edge = store.OpenEdge(new EdgeOptions { MaxEntities = 1 });
        var waiting = edge.GetAsync("a", Cancel).AsTask();
        var a = await service.NextAsync();
        var b = await OpenAsync(service, edge, "b", "2");
        Assert.False(a.HasLeft);
        await a.SnapshotAsync(OpenStream.Features("1"));
        Assert.Equal(1, (await waiting).Features["f"].GetInt32());
        await a.LeftAsync();
        Assert.False(b.HasLeft);
    }

    [Fact]
    public async Task Disposal_closes_the_streams_and_ends_the_calls_that_wait()
    {
        await using var service = await StreamingService.StartAsync();
        using var store = service.Client();
        var edge = store.OpenEdge();
        var streams = new[] { await OpenAsync(service, edge, "a", "1"), await OpenAsync(service, edge, "b", "2") };
        var waiting = edge.GetAsync("c", Cancel).AsTask();
        var silent = await service.NextAsync();
        await edge.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromMinutes(1), Cancel);
        foreach (var stream in streams.Append(silent))
        {
            await stream.LeftAsync();
        }

        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting);
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await edge.GetAsync("a", Cancel));
        await edge.DisposeAsync();
        Assert.Equal(3, service.Asked);
    }

    [Fact]
    public async Task Disposal_does_not_wait_for_a_pause_to_pass_nor_for_an_answer()
    {
        await using var service = await StreamingService.StartAsync();
        var hang = new TaskCompletionSource();
        service.Instead = (context, n) => n == 1 ? StandInService.AwayAsync(context, "25") : hang.Task;
        using var counted = new CountingHandler();
        using var http = new HttpClient(counted);
        var options = new FeatureStoreOptions { ApiAddress = service.Address, AttemptTimeout = TimeSpan.FromHours(1) };
        using var store = new FeatureStoreClient(options, http, new FakeTimeProvider());
        var edge = store.OpenEdge();
        var pausing = edge.GetAsync("a", Cancel).AsTask();
        await counted.AnsweredAsync(1);
        var asking = edge.GetAsync("b", Cancel).AsTask();
        await counted.SentAsync(2);
        await edge.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromMinutes(1), Cancel);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => pausing);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => asking);
        hang.SetResult();
    }

    [Fact]
    public void Everything_that_is_wrong_with_the_options_is_told_at_once()
    {
        using var store = new FeatureStoreClient();
        var e = Assert.Throws<OptionsValidationException>(() => store.OpenEdge(new EdgeOptions
        {
            Read = null!,
            MaxEntities = 0,
            MaxStaleness = TimeSpan.Zero,
            SilenceLimit = TimeSpan.FromDays(2),
            ConnectTimeout = TimeSpan.FromMilliseconds(-1),
        }));
        Assert.Equal(["Read", "MaxEntities", "MaxStaleness", "SilenceLimit", "ConnectTimeout"], e.Failures.Select(failure => failure.Split(' ')[0]));
    }

    [Fact]
    public async Task No_entity_is_no_id()
    {
        using var store = new FeatureStoreClient();
        await using var edge = store.OpenEdge();
        await Assert.ThrowsAsync<ArgumentException>(async () => await edge.GetAsync(default(EntityId), Cancel));
    }

    private static async Task<OpenStream> OpenAsync(StreamingService service, EdgeCache edge, string id, string f)
    {
        var first = edge.GetAsync(id, Cancel).AsTask();
        var stream = await service.NextAsync();
        await stream.SnapshotAsync(OpenStream.Features(f));
        Assert.Equal(f, (await first).Features["f"].GetRawText());
        return stream;
    }

    private static async Task<(int F, bool IsConnected)> ReadAsync(EdgeCache edge, string id)
    {
        var known = await edge.GetAsync(id, Cancel);
        return (known.Features["f"].GetInt32(), known.IsConnected);
    }

    private static Task AdvanceUntilAsync(FakeTimeProvider time, Func<bool> condition, string what, TimeSpan? step = null) => Wait.UntilAsync(
        () =>
        {
            time.Advance(step ?? TimeSpan.FromMilliseconds(500));
            return Task.FromResult(condition());
        },
        what);

    private static Task SayAsync(HttpContext context, string events)
    {
        context.Response.ContentType = "text/event-stream";
        return context.Response.WriteAsync(events);
    }
}
