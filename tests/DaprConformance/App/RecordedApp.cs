using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using FeatureStore.DaprConformance.Sidecars;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace FeatureStore.DaprConformance.App;

/// <summary>The app of a sidecar: it keeps what it gets and answers as it did when it was recorded.</summary>
public sealed class RecordedApp : IAsyncDisposable
{
    private const string Token = "dapr-api-token";

    private readonly ConcurrentQueue<AppCall> _calls = new();
    private string? _token;
    private IPAddress _address = IPAddress.Loopback;
    private WebApplication? _app;

    public RecordedApp(int port) => Port = port;

    public int Port { get; }

    /// <summary>Every call, in order.</summary>
    public IReadOnlyList<AppCall> Calls => [.. _calls];

    /// <summary>The same with the first health probe only: how many more came in between is a matter of time.</summary>
    public IReadOnlyList<AppCall> CallsProbedOnce
    {
        get
        {
            var calls = Calls;
            var first = calls.FirstOrDefault(c => c.Target == "/healthz");
            return [.. calls.Where(c => c.Target != "/healthz" || c == first)];
        }
    }

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

    /// <summary>The app that a sidecar expects which someone else started, wherever that is; to be started.</summary>
    public static RecordedApp For(ExternalSidecar sidecar, Action<RecordedApp> configure)
    {
        var app = new RecordedApp(sidecar.AppPort)
        {
            _token = Environment.GetEnvironmentVariable("APP_API_TOKEN"),
            _address = sidecar.AppAddress is "127.0.0.1" or "localhost" or "::1" ? IPAddress.Loopback : IPAddress.Any,
        };
        configure(app);
        return app;
    }

    /// <summary>Whether the sidecar made a call for itself, rather than to deliver or to pass on.</summary>
    public static bool IsOfSidecar(AppCall call) => call.Target is "/dapr/subscribe" or "/dapr/config" or "/healthz";

    public async Task StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(_address, Port);
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.AddServerHeader = false;
        });
        _app = builder.Build();
        _app.Run(HandleAsync);
        try
        {
            await _app.StartAsync();
        }
        catch (IOException exception) when (ExternalSidecar.Current is not null)
        {
            throw new ExternalSidecarException($"This program is the sidecar's app on port {Port}, and cannot listen there: {exception.Message}", exception);
        }
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

    /// <summary>Nothing was recorded with the app token of somebody's sidecar.</summary>
    private bool IsToken(string name, string value) => name.Equals(Token, StringComparison.OrdinalIgnoreCase) && value == _token;

    private async Task HandleAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var call = new AppCall(
            context.Request.Method,
            context.Features.Get<IHttpRequestFeature>()!.RawTarget,
            context.Request.Headers.Where(h => !IsToken(h.Key, h.Value.ToString())).ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase),
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
