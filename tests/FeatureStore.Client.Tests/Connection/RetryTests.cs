using System.Globalization;
using System.Net;
using FeatureStore.Harness;

namespace FeatureStore.Client.Tests.Connection;

/// <summary>What is sent again, and what is not because it might be done twice.</summary>
public sealed class RetryTests
{
    private static readonly WriteOptions Stamped = new() { EventTimestamp = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero) };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("503")]
    [InlineData("502")]
    [InlineData("504")]
    [InlineData("429")]
    [InlineData("dapr")]
    [InlineData("cut")]
    public async Task A_read_is_sent_again_until_it_is_answered(string failure)
    {
        await using var service = await StandInService.StartAsync((context, n) => n < 4 ? FailAsync(context, failure) : StandInService.FeaturesAsync(context));
        using var store = service.Client();
        Assert.Equal(1, (await store.GetAsync("a", cancellationToken: Cancel))!["f"].GetInt32());
        Assert.Equal(4, service.Calls.Count);
    }

    [Fact]
    public async Task A_call_that_fails_for_good_says_why_after_its_last_try()
    {
        await using var service = await StandInService.StartAsync((context, _) => StandInService.AwayAsync(context));
        using var store = service.Client();
        var e = await Assert.ThrowsAsync<FeatureStoreUnavailableException>(() => store.GetAsync("a", cancellationToken: Cancel));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "urn:featurestore:unavailable"), (e.StatusCode, e.Type));
        Assert.Equal(4, service.Calls.Count);

        using var impatient = service.Client(options => options.MaxRetries = 0);
        await Assert.ThrowsAsync<FeatureStoreUnavailableException>(() => impatient.GetAsync("a", cancellationToken: Cancel));
        Assert.Equal(5, service.Calls.Count);
    }

    [Theory]
    [InlineData(500, "urn:featurestore:internal", typeof(FeatureStoreException))]
    [InlineData(401, "urn:featurestore:unauthorized", typeof(FeatureStoreException))]
    [InlineData(422, "urn:featurestore:invalid", typeof(FeatureStoreInvalidException))]
    [InlineData(404, "urn:featurestore:not-found", typeof(FeatureStoreNotFoundException))]
    public async Task What_will_fail_again_is_not_sent_again(int status, string type, Type expected)
    {
        await using var service = await StandInService.StartAsync((context, _) => StandInService.ProblemAsync(context, status, type, "It is so."));
        using var store = service.Client();
        var e = await Assert.ThrowsAnyAsync<FeatureStoreException>(() => store.GetAsync("a", cancellationToken: Cancel));
        Assert.Equal((expected, status, type, "It is so."), (e.GetType(), (int)e.StatusCode!, e.Type, e.Title));
        Assert.Single(service.Calls);
    }

    [Theory]
    [InlineData("503")]
    [InlineData("504")]
    [InlineData("dapr")]
    [InlineData("cut")]
    public async Task A_write_without_an_event_timestamp_is_not_sent_again_when_it_may_have_been_stored(string failure)
    {
        await using var service = await StandInService.StartAsync((context, _) => FailAsync(context, failure));
        using var store = service.Client();
        var calls = new Func<Task>[]
        {
            () => store.WriteAsync("a", new { f = 1 }, cancellationToken: Cancel),
            () => store.WriteAsync("a", new { f = 1 }, new WriteOptions { CreatedTimestamp = Stamped.EventTimestamp }, Cancel),
            () => store.ReplaceAsync("a", new { f = 1 }, cancellationToken: Cancel),
            () => store.DeleteAsync("a", cancellationToken: Cancel),
        };
        foreach (var call in calls)
        {
            Assert.True((await Assert.ThrowsAsync<FeatureStoreUnavailableException>(call)).MayHaveBeenProcessed);
        }

        Assert.Equal(["PATCH", "PATCH", "PUT", "DELETE"], service.Calls.Select(call => call.Method));
        Assert.All(service.Calls, call => Assert.DoesNotContain("event_timestamp", call.Target, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_delete_on_a_connection_that_is_closed_is_not_sent_twice_behind_our_back()
    {
        await using var server = new ClosingServer("""{"entity_id":"a","view":"default","event_timestamp":"2026-01-02T03:04:05Z","created_timestamp":"2026-01-02T03:04:06Z","outcome":"applied"}""");
        using var store = new FeatureStoreClient(new FeatureStoreOptions { IngestAddress = server.Address });
        await store.DeleteAsync("a", cancellationToken: Cancel);
        await Assert.ThrowsAsync<FeatureStoreUnavailableException>(() => store.DeleteAsync("a", cancellationToken: Cancel));
        Assert.Equal(2, server.Requests);
    }

    [Fact]
    public async Task A_write_that_the_service_turned_away_is_sent_again_with_or_without_a_timestamp()
    {
        await using var service = await StandInService.StartAsync((context, n) => n < 3 ? FailAsync(context, "429") : StandInService.WrittenAsync(context));
        using var store = service.Client();
        await store.WriteAsync("a", new { f = 1 }, cancellationToken: Cancel);
        Assert.Equal(3, service.Calls.Count);
    }

    [Theory]
    [InlineData("503")]
    [InlineData("cut")]
    public async Task A_write_with_an_event_timestamp_is_sent_again_as_the_same_row(string failure)
    {
        await using var service = await StandInService.StartAsync((context, n) => n % 3 != 0 ? FailAsync(context, failure) : StandInService.WrittenAsync(context));
        using var store = service.Client();
        using var stamping = service.Client(options => options.StampWrites = true);
        await store.WriteAsync("a", new { f = 1 }, Stamped, Cancel);
        await store.DeleteAsync("a", new DeleteOptions { EventTimestamp = Stamped.EventTimestamp }, Cancel);
        await stamping.ReplaceAsync("a", new { f = 1 }, cancellationToken: Cancel);
        var calls = service.Calls.Chunk(3).ToList();
        Assert.Equal(["PATCH", "DELETE", "PUT"], calls.Select(tries => tries[0].Method));
        Assert.All(calls, tries => Assert.Single(tries.Select(call => (call.Method, call.Target, call.Body)).Distinct()));
        Assert.All(service.Calls, call => Assert.Contains("event_timestamp=", call.Target, StringComparison.Ordinal));
        Assert.All(service.Calls, call => Assert.Contains("created_timestamp=", call.Target, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_write_is_sent_again_when_nobody_was_there_to_take_it()
    {
        var port = FreePort.Next().ToString(CultureInfo.InvariantCulture);
        var url = $"http://127.0.0.1:{port}";
        using var counted = new CountingHandler();
        using var http = new HttpClient(counted);
        using var store = new FeatureStoreClient(
            new FeatureStoreOptions { IngestAddress = new Uri(url), MaxRetries = 100, RetryDelay = TimeSpan.FromMilliseconds(5), MaxRetryDelay = TimeSpan.FromMilliseconds(50) }, http);
        var write = store.WriteAsync("a", new { f = 1 }, cancellationToken: Cancel);
        await counted.SentAsync(2);
        await using var service = await StandInService.StartAsync((context, _) => StandInService.WrittenAsync(context), url);
        Assert.Equal(WriteOutcome.Applied, (await write).Outcome);
        Assert.Single(service.Calls);

        using var alone = new FeatureStoreClient(new FeatureStoreOptions { IngestAddress = new Uri($"http://127.0.0.1:{FreePort.Next()}"), MaxRetries = 0 });
        var e = await Assert.ThrowsAsync<FeatureStoreUnavailableException>(() => alone.WriteAsync("a", new { f = 1 }, cancellationToken: Cancel));
        Assert.False(e.MayHaveBeenProcessed);
        Assert.Contains("connection refused", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_pause_is_the_one_that_the_service_asks_for_but_a_very_long_one_is_left_to_the_caller()
    {
        await using var service = await StandInService.StartAsync((context, n) => n == 2 ? StandInService.FeaturesAsync(context) : StandInService.AwayAsync(context, n == 1 ? "1" : "60"));
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        using var store = new FeatureStoreClient(new FeatureStoreOptions { ApiAddress = service.Address, RetryDelay = TimeSpan.FromMilliseconds(1) }, time);
        var read = store.GetAsync("a", cancellationToken: Cancel);
        await Wait.UntilAsync(() => Task.FromResult(service.Calls.Count == 1), "the first try");
        for (var waited = TimeSpan.Zero; waited < TimeSpan.FromMilliseconds(990); waited += TimeSpan.FromMilliseconds(90))
        {
            time.Advance(TimeSpan.FromMilliseconds(90));
            await Task.Yield();
        }

        Assert.Single(service.Calls);
        await Wait.UntilAsync(
            () =>
            {
                time.Advance(TimeSpan.FromMilliseconds(50));
                return Task.FromResult(read.IsCompleted);
            },
            "the second try");
        Assert.NotNull(await read);

        var e = await Assert.ThrowsAsync<FeatureStoreUnavailableException>(() => store.GetAsync("a", cancellationToken: Cancel));
        Assert.Equal((TimeSpan.FromSeconds(60), 3), (e.RetryAfter, service.Calls.Count));
    }

    [Fact]
    public async Task A_service_that_hangs_is_given_up_and_asked_again()
    {
        var hang = new TaskCompletionSource();
        await using var service = await StandInService.StartAsync((context, n) => n == 1 ? hang.Task : StandInService.FeaturesAsync(context));
        using var store = service.Client(options => (options.AttemptTimeout, options.MaxRetries) = (TimeSpan.FromMilliseconds(200), 100));
        Assert.NotNull(await store.GetAsync("a", cancellationToken: Cancel));
        hang.SetResult();
    }

    [Fact]
    public async Task A_call_has_a_limit_whatever_its_tries_have()
    {
        var hang = new TaskCompletionSource();
        await using var service = await StandInService.StartAsync((context, n) => n == 1 ? StandInService.AwayAsync(context) : hang.Task);
        using var store = service.Client(options => options.Timeout = TimeSpan.FromSeconds(2));
        var e = await Assert.ThrowsAsync<FeatureStoreUnavailableException>(() => store.GetAsync("a", cancellationToken: Cancel));
        Assert.Contains("within 2 s", e.Message, StringComparison.Ordinal);
        Assert.Contains("cannot reach its data", e.Message, StringComparison.Ordinal);
        hang.SetResult();
    }

    [Fact]
    public async Task A_cancelled_call_ends_at_once_be_it_under_way_or_in_a_pause()
    {
        var hang = new TaskCompletionSource();
        await using var service = await StandInService.StartAsync((context, n) => n == 1 ? hang.Task : StandInService.AwayAsync(context, "5"));
        using var store = service.Client();
        using var first = new CancellationTokenSource();
        var underWay = store.GetAsync("a", cancellationToken: first.Token);
        await Wait.UntilAsync(() => Task.FromResult(service.Calls.Count == 1), "the call to arrive");
        await first.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => underWay);

        using var counted = new CountingHandler();
        using var http = new HttpClient(counted);
        using var counting = new FeatureStoreClient(new FeatureStoreOptions { IngestAddress = service.Address }, http);
        using var second = new CancellationTokenSource();
        var pausing = counting.WriteAsync("a", new { f = 1 }, Stamped, second.Token);
        await counted.AnsweredAsync(1);
        await second.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pausing);
        Assert.Equal(2, service.Calls.Count);
        hang.SetResult();
    }

    private static Task FailAsync(Microsoft.AspNetCore.Http.HttpContext context, string failure) => failure switch
    {
        "cut" => StandInService.CutAsync(context),
        "dapr" => StandInService.JsonAsync(context, 500, """{"errorCode":"ERR_DIRECT_INVOKE","message":"failed to invoke, id: feature-api, err: EOF"}"""),
        "503" => StandInService.AwayAsync(context),
        "429" => StandInService.ProblemAsync(context, 429, "urn:featurestore:too-many-requests", "Too many requests."),
        _ => StandInService.JsonAsync(context, int.Parse(failure, CultureInfo.InvariantCulture), "<html>a gateway</html>"),
    };
}
