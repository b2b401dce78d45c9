using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace FeatureStore.Cli.Service;

/// <summary>Calls one of the services, and says in words what went wrong.</summary>
/// <param name="service">The service.</param>
/// <param name="console">Where the API key is found.</param>
/// <param name="timeout">How long a call may take: 30 s where nothing is said.</param>
internal sealed class ServiceClient(ServiceEndpoint service, CliConsole console, TimeSpan? timeout = null) : IDisposable
{
    private static readonly TimeSpan DefaultTimeout = TimeSpan.FromSeconds(30);

    private readonly HttpClient _http = CreateHttp(console, timeout ?? DefaultTimeout);

    public ServiceEndpoint Service => service;

    /// <summary>An HTTP client that shows the API key of <c>FEATURESTORE_API_KEY</c>, if it is set.</summary>
    /// <exception cref="UsageException">The key cannot be sent.</exception>
    public static HttpClient CreateHttp(CliConsole console, TimeSpan timeout)
    {
        var http = new HttpClient { Timeout = timeout };
        if (console.Variable("FEATURESTORE_API_KEY") is not { Length: > 0 } key)
        {
            return http;
        }

        if (!AuthenticationHeaderValue.TryParse($"Bearer {key.Trim()}", out var value) || key.Trim().Any(c => c is < '!' or > '~'))
        {
            http.Dispose();
            throw new UsageException("FEATURESTORE_API_KEY holds something that is no API key.");
        }

        http.DefaultRequestHeaders.Authorization = value;
        return http;
    }

    /// <summary>Sends a request without a body.</summary>
    /// <returns>The reply's body; null if the service answers that what was asked for is not there.</returns>
    /// <exception cref="CommandFailedException">The service cannot be reached, or did not do what was asked.</exception>
    public async Task<byte[]?> SendAsync(HttpMethod method, string pathAndQuery, CancellationToken stop)
    {
        using var request = new HttpRequestMessage(method, service.Path(pathAndQuery));
        var reply = await ExchangeAsync(request, stop);
        return reply.IsSuccess ? reply.Body : reply is { Status: HttpStatusCode.NotFound, IsProblem: true } && !Problem.ListsFaults(reply.Body) ? null : throw Failed(reply);
    }

    /// <summary>Sends a request and takes whatever comes back.</summary>
    /// <exception cref="CommandFailedException">The service cannot be reached.</exception>
    public async Task<ServiceReply> ExchangeAsync(HttpRequestMessage request, CancellationToken stop)
    {
        try
        {
            using var response = await _http.SendAsync(request, stop);
            return new ServiceReply(response.StatusCode, response.Content.Headers, await response.Content.ReadAsByteArrayAsync(stop));
        }
        catch (Exception e) when (e is HttpRequestException or IOException || (e is TaskCanceledException && !stop.IsCancellationRequested))
        {
            throw new CommandFailedException(service.Unreachable(e), e);
        }
    }

    /// <summary>Sends a request whose answer is read as it comes.</summary>
    /// <param name="request">The request.</param>
    /// <param name="read">Reads the body of a success.</param>
    /// <param name="stop">Gives up.</param>
    /// <exception cref="CommandFailedException">The service cannot be reached, or did not do what was asked.</exception>
    public async Task<T> ReceiveAsync<T>(HttpRequestMessage request, Func<Stream, Task<T>> read, CancellationToken stop)
    {
        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop);
            if (!response.IsSuccessStatusCode)
            {
                throw Failed(new ServiceReply(response.StatusCode, response.Content.Headers, await response.Content.ReadAsByteArrayAsync(stop)));
            }

            await using var body = await response.Content.ReadAsStreamAsync(stop);
            return await read(body);
        }
        catch (Exception e) when (e is HttpRequestException or IOException || (e is TaskCanceledException && !stop.IsCancellationRequested))
        {
            throw new CommandFailedException(service.Unreachable(e), e);
        }
    }

    /// <summary>What to say of a reply that is not what was asked for.</summary>
    public CommandFailedException Failed(ServiceReply reply) => new(Problem.Describe(service, reply.Status, reply.Headers, reply.Body));

    /// <summary>Reads a reply of the service, whose form is known.</summary>
    /// <exception cref="CommandFailedException">Something else answers there.</exception>
    public T Read<T>(byte[] body, Func<JsonElement, T> read)
    {
        try
        {
            using var reply = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = 512 });
            return read(reply.RootElement);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new CommandFailedException($"{service.Address} does not answer as {service.Name} does. Check {service.Option}.", e);
        }
    }

    public void Dispose() => _http.Dispose();
}
