using System.Net;
using System.Net.Sockets;
using FeatureStore.DevSidecar.GrpcApi;
using FeatureStore.DevSidecar.Health;
using FeatureStore.DevSidecar.HttpApi;
using FeatureStore.DevSidecar.Metadata;
using FeatureStore.DevSidecar.PubSub;
using FeatureStore.DevSidecar.Security;
using FeatureStore.DevSidecar.State;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FeatureStore.DevSidecar.Hosting;

/// <summary>Listens, on the loopback or on Unix sockets: HTTP/2 is the gRPC API, HTTP/1.1 the HTTP API.</summary>
internal sealed class ApiServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ListenOptions _http;
    private readonly ListenOptions _grpc;

    private ApiServer(WebApplication app, ListenOptions http, ListenOptions grpc)
    {
        _app = app;
        _http = http;
        _grpc = grpc;
    }

    public int HttpPort => _http.IPEndPoint?.Port ?? 0;

    public int GrpcPort => _grpc.IPEndPoint?.Port ?? 0;

    public static async Task<ApiServer> StartAsync(
        SidecarOptions options,
        HttpApiHandler handler,
        StateApi state,
        Publisher publisher,
        SidecarMetadata metadata,
        SidecarState sidecar,
        ApiToken token,
        ILoggerFactory loggers,
        CancellationToken cancellationToken)
    {
        // The empty builder reads no environment and no appsettings.json of the process that hosts the sidecar.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        ListenOptions? http = null;
        ListenOptions? grpc = null;
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Limits.Http2.MaxStreamsPerConnection = 1000;
            kestrel.Limits.Http2.InitialConnectionWindowSize = 8 * 1024 * 1024;
            kestrel.Limits.Http2.InitialStreamWindowSize = 4 * 1024 * 1024;
            http = Listen(kestrel, options, "http", options.HttpPort, HttpProtocols.Http1);
            grpc = Listen(kestrel, options, "grpc", options.GrpcPort, HttpProtocols.Http2);
        });
        builder.Services.Replace(ServiceDescriptor.Singleton(loggers));
        builder.Services.Replace(ServiceDescriptor.Singleton<IHostLifetime, NoLifetime>());
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = options.ShutdownGrace);
        builder.Services.AddRouting();
        builder.Services.AddSingleton(new DaprService(state, publisher, metadata, sidecar));
        builder.Services.AddSingleton(token);
        builder.Services.AddGrpc(service =>
        {
            service.MaxReceiveMessageSize = (int)Math.Min(options.MaxBodySize, int.MaxValue);
            service.MaxSendMessageSize = (int)Math.Min(options.MaxBodySize, int.MaxValue);
            service.IgnoreUnknownServices = true;
            service.Interceptors.Add<ErrorInterceptor>();
        });

        var app = builder.Build();
        app.Use((context, next) => HttpProtocol.IsHttp2(context.Request.Protocol) ? next(context) : handler.HandleAsync(context));
        app.UseRouting();
        app.MapGrpcService<DaprService>();
        app.MapFallback(UnimplementedCalls.AnswerAsync);
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            await app.DisposeAsync();
            throw new SidecarConfigurationException(exception.Message, exception);
        }

        return new ApiServer(app, http!, grpc!);
    }

    /// <summary>Closes the ports at once; calls that run may finish within the grace.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _app.StopAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // The grace is over.
        }
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static ListenOptions Listen(KestrelServerOptions kestrel, SidecarOptions options, string api, int port, HttpProtocols protocols)
    {
        ListenOptions? listening = null;
        void Configure(ListenOptions listen)
        {
            listen.Protocols = protocols;
            listening = listen;
        }

        if (options.UnixDomainSocketDirectory is { } directory)
        {
            Directory.CreateDirectory(directory);
            var path = Path.GetFullPath(Path.Combine(directory, $"dapr-{options.AppId}-{api}.socket"));
            RemoveStale(path);
            kestrel.ListenUnixSocket(path, Configure);
        }
        else
        {
            kestrel.Listen(IPAddress.Loopback, port, Configure);
        }

        return listening!;
    }

    /// <summary>A socket file outlives a process that was killed; one that somebody listens on is in use.</summary>
    private static void RemoveStale(string path)
    {
        if (!File.Exists(path))
        {
            return;
        }

        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException)
        {
            File.Delete(path);
            return;
        }

        throw new SidecarConfigurationException($"the socket {path} is in use");
    }
}
