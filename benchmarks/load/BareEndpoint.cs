namespace FeatureStore.LoadBaselines;

/// <summary>What Kestrel does at most on this machine: an endpoint that answers everything with the same bytes.</summary>
internal static class BareEndpoint
{
    /// <summary>Serves until it is stopped.</summary>
    /// <param name="copied">The address whose reply is served.</param>
    /// <param name="port">Where to listen.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task RunAsync(Uri copied, int port, CancellationToken cancellationToken)
    {
        using var client = new HttpClient();
        using var reply = await client.GetAsync(copied, cancellationToken);
        if (!reply.IsSuccessStatusCode)
        {
            throw new LoadFailedException($"{copied} answered {(int)reply.StatusCode}.");
        }

        ReadOnlyMemory<byte> body = await reply.Content.ReadAsByteArrayAsync(cancellationToken);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        await using var app = builder.Build();
        app.MapGet("/{**path}", async context =>
        {
            context.Response.ContentType = "application/json";
            context.Response.ContentLength = body.Length;
            await context.Response.BodyWriter.WriteAsync(body, context.RequestAborted);
        });
        await app.RunAsync(cancellationToken);
    }
}
