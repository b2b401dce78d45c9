using System.IO.Pipelines;
using System.Text.Json;
using StackExchange.Redis;

namespace FeatureStore.LoadBaselines;

/// <summary>
/// The feature API that one writes oneself: Kestrel in front of Redis, read directly over one multiplexed connection, the documents
/// handed on as they stand. It knows nothing of what they say: neither of views and types nor of what has expired.
/// </summary>
internal static class DirectEndpoint
{
    private const string KeyPrefix = "featurestore||default/";
    private const string Field = "data";

    /// <summary>Serves until it is stopped: <c>GET /features/{id}</c>, and <c>POST /features/query</c> of entities by <c>id</c>.</summary>
    /// <param name="redis">Redis's host and port.</param>
    /// <param name="port">Where to listen.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task RunAsync(string redis, int port, CancellationToken cancellationToken)
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync(redis);
        var database = connection.GetDatabase();
        await using var app = MinimalServer.Build(port);
        app.MapGet("/health/live", () => "");
        app.MapGet("/features/{id}", (HttpContext context, string id) => GetAsync(context, database, id));
        app.MapPost("/features/query", context => QueryAsync(context, database));
        await app.RunAsync(cancellationToken);
    }

    private static async Task GetAsync(HttpContext context, IDatabase database, string id)
    {
        using var document = await database.HashGetLeaseAsync(KeyPrefix + id, Field);
        if (document is null)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        context.Response.ContentType = "application/json";
        context.Response.ContentLength = document.Length;
        await context.Response.BodyWriter.WriteAsync(document.Memory, context.RequestAborted);
    }

    private static async Task QueryAsync(HttpContext context, IDatabase database)
    {
        using var query = await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted);
        var reads = query.RootElement.GetProperty("entities").EnumerateArray()
            .Select(entity => database.HashGetLeaseAsync(KeyPrefix + entity.GetProperty("id").GetString(), Field)).ToArray();
        var documents = await Task.WhenAll(reads);
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = 1 + documents.Length + documents.Sum(document => document?.Length ?? "null".Length);
        var output = context.Response.BodyWriter;
        for (var i = 0; i < documents.Length; i++)
        {
            Write(output, i == 0 ? "["u8 : ","u8);
            Write(output, documents[i] is { } document ? document.Span : "null"u8);
            documents[i]?.Dispose();
        }

        Write(output, "]"u8);
        await output.FlushAsync(context.RequestAborted);
    }

    private static void Write(PipeWriter output, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(output.GetSpan(bytes.Length));
        output.Advance(bytes.Length);
    }
}
