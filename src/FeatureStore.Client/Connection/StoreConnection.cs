using System.Net.Http.Headers;
using System.Net.Sockets;

namespace FeatureStore.Client;

/// <summary>Sends requests to the services, and repeats those that may be repeated.</summary>
internal sealed class StoreConnection
{
    private const string DaprTokenHeader = "dapr-api-token";

    private static readonly ProductInfoHeaderValue Agent =
        new("FeatureStore.Client", typeof(StoreConnection).Assembly.GetName().Version?.ToString(3));

    private readonly Func<HttpClient> _http;
    private readonly ServiceAddresses _addresses;
    private readonly FeatureStoreOptions _options;
    private readonly TimeProvider _time;
    private readonly Retries _retries;
    private readonly Retries _transfers;
    private readonly Retries _once;

    public StoreConnection(FeatureStoreOptions options, Func<HttpClient> http, TimeProvider time)
    {
        _http = http;
        _addresses = ServiceAddresses.Of(options, []);
        _options = options;
        _time = time;
        _retries = new Retries(options, options.MaxRetries, options.Timeout, time);
        _transfers = new Retries(options, options.MaxRetries, timeout: null, time);
        _once = new Retries(options, 0, timeout: null, time);
    }

    /// <summary>A client whose requests are never repeated behind our back, and whose connections find a service that moved.</summary>
    public static HttpClient CreateHttp()
    {
        var handler = new SocketsHttpHandler();
        Configure(handler);
        return new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>Sets what <see cref="CreateHttp"/> promises.</summary>
    public static void Configure(SocketsHttpHandler handler)
    {
        handler.AllowAutoRedirect = false;
        handler.UseCookies = false;
        handler.PooledConnectionLifetime = TimeSpan.FromMinutes(2);
    }

    /// <summary>Sends a request until it is answered, or may not be sent again.</summary>
    /// <exception cref="FeatureStoreException">It was answered with a failure, or not at all.</exception>
    public Task<StoreReply> SendAsync(StoreRequest request, CancellationToken cancellationToken) => _retries.RunAsync(
        request,
        async attempt =>
        {
            var reply = await ExchangeAsync(request, attempt).ConfigureAwait(false);
            return reply.Problem is not { IsNothingLive: false } problem ? reply : throw reply.Failure(problem);
        },
        cancellationToken);

    /// <summary>Sends a request once.</summary>
    /// <returns>The answer, whatever its status.</returns>
    /// <exception cref="FeatureStoreUnavailableException">There was none.</exception>
    public Task<StoreReply> ExchangeAsync(StoreRequest request, CancellationToken cancellationToken) => TryAsync(
        request,
        async (message, attempt) =>
        {
            using var response = await _http().SendAsync(message, attempt).ConfigureAwait(false);
            return await ReplyAsync(request, response, attempt).ConfigureAwait(false);
        },
        cancellationToken);

    /// <summary>Sends a request once whose answer is a stream of events.</summary>
    /// <returns>The stream, which no time limit ends: only its head must come within the one of a try.</returns>
    /// <exception cref="FeatureStoreException">It was answered with a failure, or not at all.</exception>
    public Task<StoreStream> OpenAsync(StoreRequest request, CancellationToken cancellationToken) => TryAsync(
        request,
        async (message, attempt) =>
        {
            var response = await _http().SendAsync(message, HttpCompletionOption.ResponseHeadersRead, attempt).ConfigureAwait(false);
            try
            {
                if (!response.IsSuccessStatusCode)
                {
                    var reply = await ReplyAsync(request, response, attempt).ConfigureAwait(false);
                    throw reply.Failure(reply.Problem!);
                }

                var head = new StoreReply(request, response.StatusCode, response.Headers, [], null);
                return response.Content.Headers.ContentType?.MediaType == request.Accept
                    ? new StoreStream(head, response, await response.Content.ReadAsStreamAsync(attempt).ConfigureAwait(false))
                    : throw head.Foreign();
            }
            catch
            {
                response.Dispose();
                throw;
            }
        },
        cancellationToken);

    /// <summary>Fetches what may be of any size, again from its beginning when the connection is cut.</summary>
    /// <param name="request">What is asked for.</param>
    /// <param name="read">Reads the body of a success.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="FeatureStoreException">It was answered with a failure, or not at all.</exception>
    public Task<T> ReceiveAsync<T>(StoreRequest request, Func<Stream, CancellationToken, Task<T>> read, CancellationToken cancellationToken) =>
        (request.IsRepeatable ? _transfers : _once).RunAsync(
            request,
            outer => TryAsync(
                request with { AttemptTimeout = Timeout.InfiniteTimeSpan },
                async (message, attempt) =>
                {
                    using var response = await _http().SendAsync(message, HttpCompletionOption.ResponseHeadersRead, attempt).ConfigureAwait(false);
                    if (!response.IsSuccessStatusCode)
                    {
                        var reply = await ReplyAsync(request, response, attempt).ConfigureAwait(false);
                        throw reply.Failure(reply.Problem!);
                    }

                    return await read(await response.Content.ReadAsStreamAsync(attempt).ConfigureAwait(false), attempt).ConfigureAwait(false);
                },
                outer),
            cancellationToken);

    private async Task<T> TryAsync<T>(
        StoreRequest request, Func<HttpRequestMessage, CancellationToken, Task<T>> exchange, CancellationToken cancellationToken)
    {
        var limit = request.AttemptTimeout ?? _options.AttemptTimeout;
        using var timeout = new CancellationTokenSource(limit, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        using var message = Message(request);
        try
        {
            return await exchange(message, either.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new FeatureStoreUnavailableException(Unreachable(request, Cause(e)), mayHaveBeenProcessed: !IsBeforeSending(e), e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            // Ours, or that of a client that the app brought along.
            var when = timeout.IsCancellationRequested ? $"within {limit.TotalSeconds:0.###} s" : "in time";
            throw new FeatureStoreUnavailableException(Unreachable(request, $"no answer {when}"), mayHaveBeenProcessed: true, e);
        }
    }

    private async Task<StoreReply> ReplyAsync(StoreRequest request, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var body = await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
        return new StoreReply(request, response.StatusCode, response.Headers, body, RetryAfter(response.Headers));
    }

    private HttpRequestMessage Message(StoreRequest request)
    {
        // Sent as it stands: escapes mean something in ids.
        var target = new Uri(
            _addresses.Of(request.To) + request.Target,
            new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        var message = new HttpRequestMessage(request.Method, target);
        message.Headers.UserAgent.Add(Agent);
        if (_options.ApiKey is { } key)
        {
            message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        }

        if (_addresses.DaprApiToken is { } token)
        {
            message.Headers.TryAddWithoutValidation(DaprTokenHeader, token);
        }

        if (request.Accept is { } accept)
        {
            message.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(accept));
        }

        if (request.Method != HttpMethod.Get)
        {
            // Always with a content, if only an empty one: .NET repeats a request without any when a connection closes.
            message.Content = request.Stream is { } stream ? new StreamContent(stream) : new ReadOnlyMemoryContent(request.Body);
            message.Headers.ExpectContinue = request.Stream is not null;
            message.Content.Headers.ContentType = request.ContentType is { } type ? new MediaTypeHeaderValue(type) : null;
        }

        return message;
    }

    private string Unreachable(StoreRequest request, string cause) =>
        $"{request.Service} cannot be reached at {_addresses.Of(request.To)}: {cause}.";

    private TimeSpan? RetryAfter(HttpResponseHeaders headers) =>
        headers.RetryAfter is { } after ? after.Delta ?? after.Date - _time.GetUtcNow() : null;

    /// <summary>Whether nothing of the request can have arrived.</summary>
    private static bool IsBeforeSending(Exception e) => e is HttpRequestException
    {
        HttpRequestError: HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError
            or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError
    };

    private static string Cause(Exception e)
    {
        for (Exception? inner = e; inner is not null; inner = inner.InnerException)
        {
            if (inner is SocketException socket)
            {
                return socket.SocketErrorCode switch
                {
                    SocketError.ConnectionRefused => "connection refused",
                    SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain => "the host is not known",
                    SocketError.ConnectionReset or SocketError.Shutdown => "the connection was cut",
                    _ => socket.Message,
                };
            }
        }

        return e is HttpRequestException { HttpRequestError: HttpRequestError.ResponseEnded } or IOException ? "the connection was cut" : e.Message;
    }
}
