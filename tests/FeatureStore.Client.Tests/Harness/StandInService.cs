using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace FeatureStore.Client.Tests;

/// <summary>A service on a real port that answers as a test says: what is under test is the client's side of the wire.</summary>
internal sealed class StandInService : IAsyncDisposable
{
    private readonly WebApplication _app;

    private StandInService(WebApplication app) => _app = app;

    public Uri Address => new(_app.Urls.First());

    public ConcurrentQueue<Call> Calls { get; } = [];

    /// <summary>Starts it; the answer gets the context and the number of the request, from 1.</summary>
    public static async Task<StandInService> StartAsync(Func<HttpContext, int, Task> answer, string url = "http://127.0.0.1:0")
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(url);
        var app = builder.Build();
        var service = new StandInService(app);
        var count = 0;
        app.Run(async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            var body = await reader.ReadToEndAsync();
            (context.Items["body"], context.Items["lines"]) = (body, body.Count(c => c == '\n'));
            service.Calls.Enqueue(new Call(
                context.Request.Method,
                context.Features.Get<IHttpRequestFeature>()!.RawTarget,
                body,
                context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase)));
            await answer(context, Interlocked.Increment(ref count));
        });
        await app.StartAsync();
        return service;
    }

    /// <summary>A client that takes it for all services.</summary>
    public FeatureStoreClient Client(Action<FeatureStoreOptions>? configure = null)
    {
        var options = new FeatureStoreOptions { ApiAddress = Address, IngestAddress = Address, HistoryAddress = Address, RetryDelay = TimeSpan.FromMilliseconds(1) };
        configure?.Invoke(options);
        return new FeatureStoreClient(options);
    }

    public static Task WrittenAsync(HttpContext context) => JsonAsync(
        context, 200, """{"entity_id":"a","view":"default","event_timestamp":"2026-01-02T03:04:05Z","created_timestamp":"2026-01-02T03:04:06Z","outcome":"applied"}""");

    public static Task FeaturesAsync(HttpContext context) => JsonAsync(context, 200, """{"entity_id":"a","features":{"f":1}}""");

    public static Task ProblemAsync(HttpContext context, int status, string type, string title, string? retryAfter = null)
    {
        if (retryAfter is not null)
        {
            context.Response.Headers.RetryAfter = retryAfter;
        }

        return JsonAsync(context, status, $$"""{"type":"{{type}}","title":"{{title}}","status":{{status}}}""");
    }

    public static Task AwayAsync(HttpContext context, string? retryAfter = null) =>
        ProblemAsync(context, 503, "urn:featurestore:unavailable", "The feature store cannot reach its data.", retryAfter);

    public static Task JsonAsync(HttpContext context, int status, string json)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = status < 300 ? "application/json" : "application/problem+json";
        return context.Response.WriteAsync(json);
    }

    /// <summary>Cuts the connection after the request has arrived.</summary>
    public static Task CutAsync(HttpContext context)
    {
        context.Abort();
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    internal sealed record Call(string Method, string Target, string Body, IReadOnlyDictionary<string, string> Headers);
}
