namespace FeatureStore.LoadBaselines;

/// <summary>A collector that takes whatever is exported to it by OTLP over HTTP, and keeps nothing.</summary>
internal static class TelemetrySink
{
    /// <summary>Serves until it is stopped.</summary>
    public static async Task RunAsync(int port, CancellationToken cancellationToken)
    {
        await using var app = MinimalServer.Build(port);
        app.MapGet("/health/live", () => "");
        app.MapPost("/{**path}", async context =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
            // An empty reply message: all was taken.
            context.Response.ContentType = "application/x-protobuf";
        });
        await app.RunAsync(cancellationToken);
    }
}
