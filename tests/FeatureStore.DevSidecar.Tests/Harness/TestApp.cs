using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace FeatureStore.DevSidecar.Tests.Harness;

/// <summary>A real app on a real port, that records what it gets and answers what the test says.</summary>
internal sealed class TestApp : IAsyncDisposable
{
    private readonly ConcurrentQueue<ReceivedRequest> _received = new();
    private readonly ConcurrentDictionary<string, Func<ReceivedRequest, Task<Reply>>> _handlers = new();
    private WebApplication? _app;

    public TestApp(int? port = null) => Port = port ?? FreePort.Next();

    public int Port { get; }

    /// <summary>Everything, in order.</summary>
    public IReadOnlyList<ReceivedRequest> Received => [.. _received];

    /// <summary>The answer to <c>GET /dapr/subscribe</c>.</summary>
    public string Subscriptions { get; set; } = "[]";

    public static async Task<TestApp> StartedAsync(Action<TestApp>? configure = null)
    {
        var app = new TestApp();
        configure?.Invoke(app);
        await app.StartAsync();
        return app;
    }

    public TestApp On(string path, Func<ReceivedRequest, Reply> handler) => OnAsync(path, request => Task.FromResult(handler(request)));

    public TestApp OnAsync(string path, Func<ReceivedRequest, Task<Reply>> handler)
    {
        _handlers[path] = handler;
        return this;
    }

    public IReadOnlyList<ReceivedRequest> At(string path) => [.. _received.Where(r => r.Target.Split('?')[0] == path)];

    public async Task StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, Port);
            kestrel.Limits.MaxRequestBodySize = null;
        });
        builder.Services.AddRouting();
        _app = builder.Build();
        _app.Run(HandleAsync);
        await _app.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
        {
            await _app.DisposeAsync();
        }
    }

    private async Task HandleAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var request = new ReceivedRequest(
            context.Request.Method,
            context.Features.Get<IHttpRequestFeature>()!.RawTarget,
            context.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase),
            await reader.ReadToEndAsync());
        _received.Enqueue(request);
        var path = request.Target.Split('?')[0];
        var reply = _handlers.TryGetValue(path, out var handler) ? await handler(request)
            : path == "/dapr/subscribe" ? Reply.Json(Subscriptions)
            : path is "/dapr/config" or "/healthz" ? new Reply()
            : new Reply(404);
        context.Response.StatusCode = reply.Status;
        foreach (var (name, value) in reply.Headers ?? new Dictionary<string, string>())
        {
            context.Response.Headers[name] = value;
        }

        if (reply.ContentType is not null)
        {
            context.Response.ContentType = reply.ContentType;
        }

        await context.Response.WriteAsync(reply.Body);
    }
}
