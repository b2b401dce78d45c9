using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace FeatureStore.DaprConformance.App;

/// <summary>The app of a sidecar: it keeps what it gets and answers as it did when it was recorded.</summary>
public sealed class RecordedApp : IAsyncDisposable
{
    private readonly ConcurrentQueue<AppCall> _calls = new();
    private WebApplication? _app;

    public RecordedApp(int port) => Port = port;

    public int Port { get; }

    /// <summary>Every call, in order.</summary>
    public IReadOnlyList<AppCall> Calls => [.. _calls];

    /// <summary>The answer to <c>GET /dapr/subscribe</c>.</summary>
    public AppReply Subscriptions { get; set; } = AppReply.Json("[]");

    /// <summary>The answer to <c>GET /dapr/config</c>.</summary>
    public AppReply Config { get; set; } = AppReply.Json("{}");

    /// <summary>The answer to a health probe.</summary>
    public AppReply Health { get; set; } = AppReply.Of(200);

    /// <summary>The answer to everything else.</summary>
    public Func<AppCall, AppReply> Answer { get; set; } = _ => AppReply.Of(200);

    public static async Task<RecordedApp> StartAsync(int port, Action<RecordedApp>? configure = null)
    {
        var app = new RecordedApp(port);
        configure?.Invoke(app);
        await app.StartAsync();
        return app;
    }

    public async Task StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, Port);
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.AddServerHeader = false;
        });
        _app = builder.Build();
        _app.Run(HandleAsync);
        await _app.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
        {
            // What it is still answering slowly is of no interest to anybody.
            using var now = new CancellationTokenSource(TimeSpan.Zero);
            await _app.StopAsync(now.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await _app.DisposeAsync();
        }
    }

    private async Task HandleAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var call = new AppCall(
            context.Request.Method,
            context.Features.Get<IHttpRequestFeature>()!.RawTarget,
            context.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase),
            body.ToArray());
        _calls.Enqueue(call);
        var reply = call.Target switch
        {
            "/dapr/subscribe" => Subscriptions,
            "/dapr/config" => Config,
            "/healthz" => Health,
            _ => Answer(call),
        };
        await Task.Delay(reply.Delay, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (reply.Status == 0)
        {
            // Closed as a program closes that ends, rather than reset.
            context.Features.Get<IConnectionSocketFeature>()?.Socket.Shutdown(SocketShutdown.Send);
            return;
        }

        // A client may repeat a request that met a connection which had been used before and was then closed.
        context.Response.Headers.Connection = "close";
        context.Response.StatusCode = reply.Status;
        foreach (var (name, value) in reply.Headers)
        {
            context.Response.Headers[name] = value;
        }

        await context.Response.Body.WriteAsync(reply.Body);
    }
}
