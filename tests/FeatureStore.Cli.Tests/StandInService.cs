using System.Collections.Concurrent;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace FeatureStore.Cli.Tests;

/// <summary>A service on a real port that answers as a test says: what is under test is the command's side of the wire.</summary>
internal sealed class StandInService : IAsyncDisposable
{
    private readonly WebApplication _app;

    private StandInService(WebApplication app) => _app = app;

    public string Address => _app.Urls.First();

    /// <summary>The bodies of all requests, in the order in which they arrived.</summary>
    public ConcurrentQueue<string[]> Requests { get; } = [];

    public ConcurrentQueue<(string Method, string Target, string? ContentType)> Calls { get; } = [];

    /// <summary>What <c>GET /registry</c> answers; null for a service that knows of no registry.</summary>
    public string? Registry { get; set; }

    /// <summary>All rows that arrived.</summary>
    public string[] Rows => [.. Requests.SelectMany(lines => lines)];

    /// <summary>Starts it; the answer gets the context, the lines of the body and the number of the request, from 1; of <c>GET /registry</c> only if the test wants it.</summary>
    public static async Task<StandInService> StartAsync(Func<HttpContext, string[], int, Task>? answer = null, string url = "http://127.0.0.1:0", bool leavesRegistryToTest = false)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(url);
        var app = builder.Build();
        var service = new StandInService(app);
        var count = 0;
        app.Run(async context =>
        {
            if (!leavesRegistryToTest && context.Request.Method == "GET" && context.Request.Path == "/registry")
            {
                await JsonAsync(context, service.Registry is null ? 404 : 200, service.Registry ?? """{"title":"Not found","status":404}""");
                return;
            }

            using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
            var body = await reader.ReadToEndAsync();
            string[] lines = body.Length == 0 ? [] : body.TrimEnd('\n').Split('\n');
            service.Requests.Enqueue(lines);
            service.Calls.Enqueue((context.Request.Method, context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()!.RawTarget, context.Request.ContentType));
            await (answer ?? ((c, l, _) => AllAppliedAsync(c, l)))(context, lines, Interlocked.Increment(ref count));
        });
        await app.StartAsync();
        return service;
    }

    public static Task AllAppliedAsync(HttpContext context, string[] lines) =>
        JsonAsync(context, 200, $$"""{"applied":{{lines.Length}},"superseded":0,"rejected":0,"failed":0,"errors":[],"failed_lines":[]}""");

    public static Task JsonAsync(HttpContext context, int status, string json)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = status < 300 ? "application/json" : "application/problem+json";
        return context.Response.WriteAsync(json);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
