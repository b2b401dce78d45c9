using System.Net.ServerSentEvents;
using System.Text.Json;
using FeatureStore.Harness;
using Xunit;

namespace FeatureStore.SystemTests.Push;

/// <summary>A caller that follows a stream of events.</summary>
internal sealed class EventReader : IAsyncDisposable
{
    /// <summary>A heartbeat at least comes long before.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>Closes a connection as soon as its stream is given up, rather than wait for its end.</summary>
    private static readonly HttpClient Http = new(new SocketsHttpHandler { ResponseDrainTimeout = TimeSpan.Zero, MaxResponseDrainSize = 0 });

    private readonly HttpResponseMessage _reply;
    private readonly IAsyncEnumerator<SseItem<string>> _events;

    private EventReader(HttpResponseMessage reply, IAsyncEnumerator<SseItem<string>> events) => (_reply, _events) = (reply, events);

    public HttpResponseMessage Reply => _reply;

    /// <summary>Begins to follow one.</summary>
    public static async Task<EventReader> OpenAsync(HttpClient client, string target) => await FollowAsync(await AskAsync(client, target));

    public static async Task<EventReader> FollowAsync(HttpResponseMessage reply)
    {
        Assert.Equal("text/event-stream", reply.EnsureSuccessStatusCode().Content.Headers.ContentType?.MediaType);
        var body = await reply.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        return new EventReader(reply, SseParser.Create(body).EnumerateAsync(TestContext.Current.CancellationToken).GetAsyncEnumerator());
    }

    public static Task<HttpResponseMessage> AskAsync(HttpClient client, string target)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, new Uri(client.BaseAddress!, target));
        request.Headers.Accept.ParseAdd("text/event-stream");
        return Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
    }

    /// <summary>The next event.</summary>
    public async Task<SseItem<string>> NextAsync()
    {
        Assert.True(await MoveNextAsync(), "the stream has ended");
        return _events.Current;
    }

    /// <summary>The next event that is no heartbeat.</summary>
    public Task<SseItem<string>> NewsAsync() => FindAsync(item => item.EventType != "heartbeat", "news");

    /// <summary>What a snapshot or a change says the features are.</summary>
    public async Task<string> FeaturesAsync(string type)
    {
        var news = await NewsAsync();
        Assert.Equal(type, news.EventType);
        return JsonElement.Parse(news.Data).GetProperty("features").GetRawText();
    }

    /// <summary>Follows the changes until the features are these.</summary>
    public async Task BecomesAsync(string features)
    {
        for (var news = await FeaturesAsync("change"); news != features; news = await FeaturesAsync("change"))
        {
        }
    }

    /// <summary>Waits for a heartbeat that says of what was shown that it may be so old, in seconds.</summary>
    public Task StalenessIsAsync(Predicate<double> expected) => FindAsync(
        item => item.EventType == "heartbeat" && expected(JsonElement.Parse(item.Data).GetProperty("staleness_seconds").GetDouble()), "another staleness");

    /// <summary>The last event, with which the stream ends.</summary>
    public async Task<JsonElement> EndAsync()
    {
        SseItem<string>? last = null;
        while (await MoveNextAsync())
        {
            last = _events.Current;
        }

        Assert.Equal("ended", last?.EventType);
        return JsonElement.Parse(last!.Value.Data);
    }

    private async Task<SseItem<string>> FindAsync(Predicate<SseItem<string>> isIt, string what)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (!limit.IsCancellationRequested)
        {
            if (await NextAsync() is var item && isIt(item))
            {
                return item;
            }
        }

        throw new TimeoutException($"Not within {Limit.TotalSeconds} s: {what}.");
    }

    private Task<bool> MoveNextAsync() => _events.MoveNextAsync().AsTask().WaitAsync(Limit, TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        _reply.Dispose();
        try
        {
            await _events.DisposeAsync();
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or HttpRequestException or NotSupportedException)
        {
            // It was cut off in the middle.
        }
    }
}
