using System.Net.Sockets;
using Grpc.Core;
using Grpc.Net.Client;
using Client = Dapr.Client.Autogen.Grpc.v1.Dapr.DaprClient;

namespace FeatureStore.Dapr;

/// <summary>The connection to the sidecar, over TCP or a Unix socket. It mends itself when the sidecar comes back.</summary>
public sealed class SidecarConnection : IDisposable
{
    private const string TokenHeader = "dapr-api-token";

    private readonly GrpcChannel _channel;

    public SidecarConnection(SidecarOptions options)
    {
        Options = options;
        _channel = GrpcChannel.ForAddress(Address(options.GrpcEndpoint), new GrpcChannelOptions
        {
            HttpHandler = Handler(options.GrpcEndpoint),
            DisposeHttpClient = true,
            // The sidecar's own limit is what holds; a reply that it sends is never refused here.
            MaxReceiveMessageSize = null,
            MaxSendMessageSize = null,
        });
        Grpc = new Client(_channel);
        Http = HttpApi(options, options.ReadTimeout);
        Invocations = HttpApi(options, options.InvocationTimeout);
        Headers = [];
        if (!string.IsNullOrEmpty(options.ApiToken))
        {
            Headers.Add(TokenHeader, options.ApiToken);
        }
    }

    public SidecarOptions Options { get; }

    internal Client Grpc { get; }

    internal HttpClient Http { get; }

    /// <summary>The same API for calls of other services, which take as long as their work does.</summary>
    internal HttpClient Invocations { get; }

    /// <summary>The headers of every call. Never changed after construction, so calls share them.</summary>
    internal Metadata Headers { get; }

    /// <summary>Whether the sidecar answers and can reach what it needs.</summary>
    public async Task<bool> IsHealthyAsync(CancellationToken cancellationToken)
    {
        using var reply = await Http.GetAsync("v1.0/healthz/outbound", cancellationToken);
        return reply.IsSuccessStatusCode;
    }

    public void Dispose()
    {
        _channel.Dispose();
        Http.Dispose();
        Invocations.Dispose();
    }

    private static HttpClient HttpApi(SidecarOptions options, TimeSpan timeout)
    {
        var client = new HttpClient(Handler(options.HttpEndpoint)) { BaseAddress = new Uri(Address(options.HttpEndpoint)), Timeout = timeout };
        if (!string.IsNullOrEmpty(options.ApiToken))
        {
            client.DefaultRequestHeaders.Add(TokenHeader, options.ApiToken);
        }

        return client;
    }

    private static string Address(Uri endpoint) => IsSocket(endpoint) ? "http://localhost/" : endpoint.ToString();

    private static bool IsSocket(Uri endpoint) => endpoint.Scheme == "unix";

    private static SocketsHttpHandler Handler(Uri endpoint)
    {
        var handler = new SocketsHttpHandler
        {
            ConnectTimeout = TimeSpan.FromSeconds(1),
            EnableMultipleHttp2Connections = true,
            // Many rows come in one message; by the default of 64 KiB it would come in pieces, each asked for.
            InitialHttp2StreamWindowSize = 1024 * 1024,
            UseProxy = false,
        };
        if (IsSocket(endpoint))
        {
            handler.ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(endpoint.LocalPath), cancellationToken);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            };
        }

        return handler;
    }
}
