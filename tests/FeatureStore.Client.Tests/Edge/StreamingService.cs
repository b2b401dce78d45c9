using System.Globalization;
using System.Threading.Channels;
using FeatureStore.Harness;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace FeatureStore.Client.Tests.Edge;

/// <summary>A feature-api on a real port that a test can stop and start, and whose streams say what the test has them say.</summary>
internal sealed class StreamingService : IAsyncDisposable
{
    private readonly string _url = $"http://127.0.0.1:{FreePort.Next().ToString(CultureInfo.InvariantCulture)}";
    private readonly Channel<OpenStream> _opened = Channel.CreateUnbounded<OpenStream>();
    private WebApplication? _app;
    private CancellationTokenSource? _stop;
    private int _asked;

    public Uri Address => new(_url);

    /// <summary>How many requests there were.</summary>
    public int Asked => Volatile.Read(ref _asked);

    /// <summary>Answers in place of a stream, by the number of the request, from 1; null where a stream is to be opened.</summary>
    public Func<HttpContext, int, Task?> Instead { get; set; } = (_, _) => null;

    public static async Task<StreamingService> StartAsync()
    {
        var service = new StreamingService();
        await service.ReviveAsync();
        return service;
    }

    /// <summary>Listens, at the same address as before.</summary>
    public async Task ReviveAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(_url);
        (_app, _stop) = (builder.Build(), new CancellationTokenSource());
        var stopped = _stop.Token;
        _app.Run(async context =>
        {
            if (Instead(context, Interlocked.Increment(ref _asked)) is { } instead)
            {
                await instead;
                return;
            }

            var stream = new OpenStream(context);
            using (stopped.Register(stream.Cut))
            {
                await stream.BeginAsync();
                if (!stopped.IsCancellationRequested)
                {
                    _opened.Writer.TryWrite(stream);
                }

                await stream.Over;
            }
        });
        await _app.StartAsync();
    }

    /// <summary>Cuts all connections and listens no more.</summary>
    public async Task KillAsync()
    {
        if (_app is not null)
        {
            await _stop!.CancelAsync();
            await _app.DisposeAsync();
            _stop.Dispose();
            _app = null;
            while (_opened.Reader.TryRead(out _))
            {
                // Opened meanwhile, and cut like the others.
            }
        }
    }

    /// <summary>The next stream that is opened, or the first that nobody took yet.</summary>
    public async Task<OpenStream> NextAsync() => await _opened.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromMinutes(1));

    /// <summary>Whether a stream was opened that nobody took yet.</summary>
    public bool HasNext => _opened.Reader.Count > 0;

    /// <summary>A client that looks here, and tries again at once.</summary>
    public FeatureStoreClient Client(TimeProvider? time = null, Action<FeatureStoreOptions>? configure = null)
    {
        var options = new FeatureStoreOptions { ApiAddress = Address, RetryDelay = TimeSpan.FromMilliseconds(1) };
        configure?.Invoke(options);
        return new FeatureStoreClient(options, time);
    }

    public async ValueTask DisposeAsync() => await KillAsync();
}
