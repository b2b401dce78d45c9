using FeatureStore.DevSidecar.Components;
using FeatureStore.DevSidecar.Health;
using FeatureStore.DevSidecar.Hosting;
using FeatureStore.DevSidecar.HttpApi;
using FeatureStore.DevSidecar.Invocation;
using FeatureStore.DevSidecar.Metadata;
using FeatureStore.DevSidecar.PubSub;
using FeatureStore.DevSidecar.PubSub.Delivery;
using FeatureStore.DevSidecar.Resources;
using FeatureStore.DevSidecar.Security;
using FeatureStore.DevSidecar.State;
using Microsoft.Extensions.Logging;

namespace FeatureStore.DevSidecar;

/// <summary>One running sidecar: the part of the Dapr API that the services use, for one app on one machine.</summary>
public sealed partial class Sidecar : IAsyncDisposable
{
    private readonly SidecarOptions _options;
    private readonly SidecarState _state;
    private readonly LoadedComponents _components;
    private readonly ApiServer _server;
    private readonly Subscriptions? _subscriptions;
    private readonly AppHealth _health;
    private readonly HttpMessageInvoker _client;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _running;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private Task? _stop;

    private Sidecar(
        SidecarOptions options,
        SidecarState state,
        LoadedComponents components,
        ApiServer server,
        Subscriptions? subscriptions,
        AppHealth health,
        HttpMessageInvoker client,
        Func<CancellationToken, Task> connectApp,
        TimeProvider time,
        ILogger logger)
    {
        _options = options;
        _state = state;
        _components = components;
        _server = server;
        _subscriptions = subscriptions;
        _health = health;
        _client = client;
        _time = time;
        _logger = logger;
        _running = Task.WhenAll(connectApp(_stopping.Token), ProbeAsync());
    }

    /// <summary>The port of the HTTP API; 0 on a Unix socket.</summary>
    public int HttpPort => _server.HttpPort;

    /// <summary>The port of the gRPC API; 0 on a Unix socket.</summary>
    public int GrpcPort => _server.GrpcPort;

    /// <summary>Completes when a caller of the API asked the sidecar to shut down: the host then stops it.</summary>
    public Task ShutdownRequested => _state.ShutdownRequested.Task;

    /// <summary>How many events were still being delivered when the grace ended; known once it has stopped.</summary>
    public int AbandonedDeliveries { get; private set; }

    /// <summary>
    /// Loads the components and opens the API. The app need not be up: what concerns it starts once it listens.
    /// </summary>
    /// <param name="options">What to serve and where.</param>
    /// <param name="loggers">The log.</param>
    /// <param name="time">The clock; null is the system's.</param>
    /// <param name="cancellationToken">Gives the start up.</param>
    /// <exception cref="SidecarConfigurationException">It cannot start as it is configured.</exception>
    public static async Task<Sidecar> StartAsync(
        SidecarOptions options, ILoggerFactory loggers, TimeProvider? time = null, CancellationToken cancellationToken = default)
    {
        time ??= TimeProvider.System;
        var logger = loggers.CreateLogger<Sidecar>();
        var resources = new ResourceLoader(options.AppId, loggers.CreateLogger<ResourceLoader>()).Load(options.ResourcesPaths);
        var components = await new ComponentFactory(options, time, loggers).CreateAsync(resources.Components, cancellationToken);
        var client = AppChannel.CreateClient();
        try
        {
            var app = options.AppPort is { } port ? new AppChannel(client, port, options.AppApiToken) : null;
            var health = new AppHealth(options, app, time, loggers.CreateLogger<AppHealth>());
            var state = new SidecarState();
            var subscriptions = app is null ? null : new Subscriptions(resources, components.Brokers, app, health, time, loggers);
            var metadata = new SidecarMetadata(options, () => subscriptions?.All ?? []) { Components = components.Infos };
            var stateApi = new StateApi(options.AppId, components.Stores);
            var publisher = new Publisher(options.AppId, components.Brokers, time);
            var token = new ApiToken(options.ApiToken);
            var handler = new HttpApiHandler(
                options,
                token,
                state,
                new StateHttp(stateApi, options),
                new PublishHttp(publisher, options),
                new MetadataHttp(metadata),
                new InvocationProxy(options, app, health, client));
            var server = await ApiServer.StartAsync(
                options, handler, stateApi, publisher, metadata, state, token, loggers, cancellationToken);
            Log.Started(logger, options.AppId, server.HttpPort, server.GrpcPort);
            var discovery = app is null ? null : new SubscriptionDiscovery(options.AppId, app, loggers.CreateLogger<SubscriptionDiscovery>());
            return new Sidecar(
                options, state, components, server, subscriptions, health, client,
                stop => ConnectAppAsync(discovery, subscriptions, health, state, resources, components, stop), time, logger);
        }
        catch
        {
            client.Dispose();
            await components.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Stops: healthz turns 500, the API closes, and what runs may finish within <see cref="SidecarOptions.ShutdownGrace"/>.
    /// </summary>
    /// <param name="cancellationToken">Ends the grace early.</param>
    public Task StopAsync(CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            return _stop ??= StopOnceAsync(cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(CancellationToken.None);
        _stopping.Dispose();
    }

    /// <summary>In daprd's order: the app listens, is healthy, is asked for its subscriptions, and gets events.</summary>
    private static async Task ConnectAppAsync(
        SubscriptionDiscovery? discovery,
        Subscriptions? subscriptions,
        AppHealth health,
        SidecarState state,
        ResourceSet resources,
        LoadedComponents components,
        CancellationToken stopping)
    {
        await Task.Yield();
        try
        {
            await health.WaitListeningAsync(stopping);
            if (discovery is not null && subscriptions is not null)
            {
                // Ready before it is healthy: a healthz that waited for the app would deadlock with an app that
                // waits for its sidecar.
                state.SetReady();
                await health.WaitHealthyAsync(stopping);
                await discovery.AskConfigAsync(stopping);
                if (components.Brokers.Count > 0)
                {
                    var programmatic = await discovery.AskSubscriptionsAsync(stopping);
                    subscriptions.Start(SubscriptionDiscovery.Join(resources.Subscriptions, programmatic));
                }
            }

            state.SetReady();
        }
        catch (OperationCanceledException)
        {
            // Stopped before the app came.
        }
    }

    private async Task ProbeAsync()
    {
        await Task.Yield();
        try
        {
            await _health.WaitListeningAsync(_stopping.Token);
            await _health.ProbeAsync(_stopping.Token);
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    private async Task StopOnceAsync(CancellationToken cancellationToken)
    {
        await Task.Yield();
        _state.SetStopping();
        using var grace = new CancellationTokenSource(_options.ShutdownGrace, _time);
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(grace.Token, cancellationToken);
        await _stopping.CancelAsync();
        var deliveries = _subscriptions?.StopAsync(giveUp.Token) ?? Task.FromResult(0);
        await Task.WhenAll(_running, deliveries, _server.StopAsync(giveUp.Token));
        AbandonedDeliveries = await deliveries;
        await _server.DisposeAsync();
        await _components.DisposeAsync();
        _subscriptions?.Dispose();
        _client.Dispose();
        Log.Stopped(_logger, _options.AppId, AbandonedDeliveries);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "DevSidecar of {App}: HTTP on port {HttpPort}, gRPC on port {GrpcPort}")]
        public static partial void Started(ILogger logger, string app, int httpPort, int grpcPort);

        [LoggerMessage(LogLevel.Information, "DevSidecar of {App} stopped; {Abandoned} deliveries did not finish")]
        public static partial void Stopped(ILogger logger, string app, int abandoned);
    }
}
