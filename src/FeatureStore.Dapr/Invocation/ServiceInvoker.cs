using System.Net.Http.Headers;

namespace FeatureStore.Dapr;

/// <summary>Calls other services through the sidecar: Dapr service invocation, over its HTTP API.</summary>
public sealed class ServiceInvoker(SidecarConnection connection)
{
    /// <summary>Gets something of a service.</summary>
    /// <param name="appId">The service's app id.</param>
    /// <param name="method">The path and query to ask it for, without a slash before it.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>The answer, whatever its status.</returns>
    /// <exception cref="InvocationException">There is no answer.</exception>
    public Task<InvocationReply> GetAsync(string appId, string method, CancellationToken cancellationToken) =>
        CallAsync(HttpMethod.Get, appId, method, null, cancellationToken);

    /// <summary>Posts a body to a service.</summary>
    /// <param name="appId">The service's app id.</param>
    /// <param name="method">The path to ask it for, without a slash before it.</param>
    /// <param name="body">The body, of at most <see cref="SidecarOptions.MaxMessageBytes"/>: sidecars take no more.</param>
    /// <param name="contentType">The body's media type.</param>
    /// <param name="cancellationToken">Gives up waiting; the call may still be carried out.</param>
    /// <returns>The answer, whatever its status.</returns>
    /// <exception cref="InvocationException">There is no answer.</exception>
    public async Task<InvocationReply> PostAsync(
        string appId, string method, ReadOnlyMemory<byte> body, string contentType, CancellationToken cancellationToken)
    {
        using var content = new ReadOnlyMemoryContent(body) { Headers = { ContentType = new MediaTypeHeaderValue(contentType) } };
        return await CallAsync(HttpMethod.Post, appId, method, content, cancellationToken);
    }

    private async Task<InvocationReply> CallAsync(HttpMethod verb, string appId, string method, HttpContent? content, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(verb, $"v1.0/invoke/{Uri.EscapeDataString(appId)}/method/{method}") { Content = content };
        try
        {
            using var reply = await connection.Invocations.SendAsync(request, cancellationToken);
            return new InvocationReply(reply.StatusCode, await reply.Content.ReadAsByteArrayAsync(cancellationToken));
        }
        catch (HttpRequestException e)
        {
            throw new InvocationException($"'{appId}' cannot be called: the Dapr sidecar at {connection.Options.HttpEndpoint} does not answer.", e);
        }
        catch (TaskCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new InvocationException($"'{appId}' did not answer within {connection.Options.InvocationTimeout.TotalSeconds:0.#} s.", e);
        }
    }
}
