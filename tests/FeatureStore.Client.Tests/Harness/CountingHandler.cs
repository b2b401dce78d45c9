using FeatureStore.Harness;

namespace FeatureStore.Client.Tests;

/// <summary>Counts the requests that go out and the answers that come back.</summary>
internal sealed class CountingHandler : DelegatingHandler
{
    private int _sent;
    private int _answered;

    public CountingHandler()
        : base(new SocketsHttpHandler())
    {
    }

    /// <summary>Waits until so many requests went out.</summary>
    public Task SentAsync(int requests) => Wait.UntilAsync(() => Task.FromResult(Volatile.Read(ref _sent) >= requests), $"{requests} requests");

    /// <summary>Waits until so many answers came.</summary>
    public Task AnsweredAsync(int requests) => Wait.UntilAsync(() => Task.FromResult(Volatile.Read(ref _answered) >= requests), $"{requests} answers");

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _sent);
        var response = await base.SendAsync(request, cancellationToken);
        Interlocked.Increment(ref _answered);
        return response;
    }
}
