using System.Text;
using System.Text.Json;

namespace FeatureStore.LoadBaselines;

/// <summary>What a sidecar delivers at most on this machine: an app that takes every event of a bulk and does nothing with it.</summary>
internal static class EmptySubscriber
{
    /// <summary>Serves until it is stopped.</summary>
    public static async Task RunAsync(int port, CancellationToken cancellationToken)
    {
        await using var app = MinimalServer.Build(port);
        app.MapGet("/health/live", () => "");
        app.MapPost("/{**path}", TakeAsync);
        await app.RunAsync(cancellationToken);
    }

    private static async Task TakeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(Reply(body.GetBuffer().AsSpan(0, (int)body.Length)), context.RequestAborted);
    }

    private static string Reply(ReadOnlySpan<byte> delivery)
    {
        var reply = new StringBuilder("{\"statuses\":[");
        var reader = new Utf8JsonReader(delivery);
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("entryId"u8))
            {
                reader.Read();
                reply.Append(reply[^1] == '[' ? "" : ",").Append("{\"entryId\":\"").Append(reader.GetString()).Append("\",\"status\":\"SUCCESS\"}");
            }
        }

        return reply.Append("]}").ToString();
    }
}
