namespace FeatureStore.DevSidecar.Invocation;

/// <summary>The way to the app: HTTP to its port on the loopback, with its token.</summary>
internal sealed class AppChannel(HttpMessageInvoker client, int port, string? appApiToken)
{
    public const string TokenHeader = "dapr-api-token";

    public Uri BaseAddress { get; } = new($"http://127.0.0.1:{port}/");

    public int Port => port;

    /// <summary>Sends a request to the app; health probes alone go without its token.</summary>
    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken, bool withToken = true)
    {
        request.Headers.Remove(TokenHeader);
        if (withToken && !string.IsNullOrEmpty(appApiToken))
        {
            request.Headers.TryAddWithoutValidation(TokenHeader, appApiToken);
        }

        return client.SendAsync(request, cancellationToken);
    }

    public Uri UriOf(string pathAndQuery) => new(BaseAddress, pathAndQuery);

    /// <summary>The address of a path and query that are to arrive byte for byte.</summary>
    public static Uri Exactly(Uri baseAddress, string pathAndQuery) => new(
        baseAddress.GetLeftPart(UriPartial.Authority) + pathAndQuery,
        new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });

    /// <summary>A client that hands through what it is given: no redirects, no cookies, no decompression, no proxy.</summary>
    public static HttpMessageInvoker CreateClient() => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        AutomaticDecompression = System.Net.DecompressionMethods.None,
        ActivityHeadersPropagator = null,
        ConnectTimeout = TimeSpan.FromSeconds(5),
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
    });
}
