using System.Net.Http.Headers;

namespace FeatureStore.LoadBaselines;

/// <summary>What Kestrel does at most on this machine: an endpoint that answers everything with the same bytes.</summary>
internal static class BareEndpoint
{
    /// <summary>Serves until it is stopped.</summary>
    /// <param name="copied">The address whose reply is served.</param>
    /// <param name="posted">A file of JSON to post there; none for GET.</param>
    /// <param name="port">Where to listen.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task RunAsync(Uri copied, string? posted, int port, CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> body = await AskAsync(copied, posted, cancellationToken);
        await using var app = MinimalServer.Build(port);
        app.Map("/{**path}", async context =>
        {
            context.Response.ContentType = "application/json";
            context.Response.ContentLength = body.Length;
            await context.Response.BodyWriter.WriteAsync(body, context.RequestAborted);
        });
        await app.RunAsync(cancellationToken);
    }

    private static async Task<byte[]> AskAsync(Uri address, string? posted, CancellationToken cancellationToken)
    {
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(posted is null ? HttpMethod.Get : HttpMethod.Post, address);
        if (posted is not null)
        {
            request.Content = new StringContent(await File.ReadAllTextAsync(posted, cancellationToken), MediaTypeHeaderValue.Parse("application/json"));
        }

        using var reply = await client.SendAsync(request, cancellationToken);
        return reply.IsSuccessStatusCode
            ? await reply.Content.ReadAsByteArrayAsync(cancellationToken)
            : throw new LoadFailedException($"{address} answered {(int)reply.StatusCode}.");
    }
}
