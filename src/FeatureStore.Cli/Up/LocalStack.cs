using FeatureStore.DevSidecar;
using FeatureStore.DevSidecar.PubSub.InMemory;
using FeatureStore.FeatureApi;
using FeatureStore.FeatureHistory;
using FeatureStore.FeatureIngest;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FeatureStore.Cli.Up;

/// <summary>The services and their sidecars, in this process.</summary>
internal sealed class LocalStack(UpOptions options, string? appToken) : IAsyncDisposable
{
    private readonly List<Sidecar> _sidecars = [];
    private readonly List<WebApplication> _services = [];
    private readonly ILoggerFactory _logs = LoggerFactory.Create(logging => logging
        .SetMinimumLevel(options.Verbose ? LogLevel.Information : LogLevel.Warning)
        .AddSimpleConsole(console => console.SingleLine = true)
        .AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace));

    /// <summary>Starts the sidecars, then the services, which need them.</summary>
    /// <exception cref="CommandFailedException">Something cannot start; the message says what.</exception>
    public async Task StartAsync(CancellationToken cancellation)
    {
        var brokers = new InProcessBrokers();
        await StartSidecarAsync(
            Sidecar(FeatureApiService.Name, options.Api, options.ApiSidecarHttp, options.ApiSidecarGrpc, brokers) with { AppHealthCheckPath = "/health/live" }, cancellation);
        await StartSidecarAsync(Sidecar(FeatureIngestService.Name, options.Ingest, options.IngestSidecarHttp, options.IngestSidecarGrpc, brokers), cancellation);
        await StartSidecarAsync(Sidecar(FeatureHistoryService.Name, options.History, options.HistorySidecarHttp, options.HistorySidecarGrpc, brokers), cancellation);
        await StartServiceAsync(FeatureApiService.Build(Settings(options.Api, options.ApiSidecarHttp, options.ApiSidecarGrpc)), options.Api, cancellation);
        await StartServiceAsync(FeatureIngestService.Build(Settings(options.Ingest, options.IngestSidecarHttp, options.IngestSidecarGrpc)), options.Ingest, cancellation);
        await StartServiceAsync(BuildHistory(), options.History, cancellation);
    }

    /// <summary>Ends when a part of it ends by itself, or is asked to over its API.</summary>
    public Task WaitForEndAsync(CancellationToken cancellation) => Task.WhenAny(
        _services.Select(service => Task.Delay(Timeout.Infinite, service.Lifetime.ApplicationStopped))
            .Concat(_sidecars.Select(sidecar => sidecar.ShutdownRequested))
            .Append(Task.Delay(Timeout.Infinite, cancellation)));

    /// <summary>Stops the services, which finish what they have and need their sidecars for it, then the sidecars.</summary>
    public async Task StopAsync()
    {
        await Task.WhenAll(_services.Select(service => service.StopAsync()));
        foreach (var sidecar in _sidecars)
        {
            await sidecar.StopAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var service in _services)
        {
            await service.DisposeAsync();
        }

        foreach (var sidecar in _sidecars)
        {
            await sidecar.DisposeAsync();
        }

        _logs.Dispose();
    }

    private SidecarOptions Sidecar(string app, Port appPort, Port http, Port grpc, InProcessBrokers brokers) => new()
    {
        AppId = app,
        AppPort = appPort.Number,
        HttpPort = http.Number,
        GrpcPort = grpc.Number,
        ResourcesPaths = [options.ComponentsFolder],
        DataDirectory = options.DataFolder,
        EnableAppHealthCheck = true,
        AppHealthCheckPath = "/health/ready",
        Peers = new Dictionary<string, Uri>
        {
            [FeatureApiService.Name] = options.ApiSidecarHttp.Address,
            [FeatureIngestService.Name] = options.IngestSidecarHttp.Address,
            [FeatureHistoryService.Name] = options.HistorySidecarHttp.Address,
        },
        AppApiToken = appToken,
        Brokers = brokers,
    };

    private WebApplication BuildHistory()
    {
        try
        {
            return FeatureHistoryService.Build(
                [.. Settings(options.History, options.HistorySidecarHttp, options.HistorySidecarGrpc), "--History:Path", Path.Combine(options.DataFolder, "history")]);
        }
        catch (IOException e)
        {
            throw new CommandFailedException(e.Message, e);
        }
    }

    private async Task StartSidecarAsync(SidecarOptions sidecar, CancellationToken cancellation)
    {
        try
        {
            _sidecars.Add(await DevSidecar.Sidecar.StartAsync(sidecar, _logs, TimeProvider.System, cancellation));
        }
        catch (SidecarConfigurationException e)
        {
            throw new CommandFailedException($"The sidecar of {sidecar.AppId} cannot start: {e.Message}", e);
        }
    }

    private async Task StartServiceAsync(WebApplication service, Port port, CancellationToken cancellation)
    {
        _services.Add(service);
        try
        {
            await service.StartAsync(cancellation);
        }
        catch (IOException e) when (e.InnerException is AddressInUseException)
        {
            throw new CommandFailedException(port.InUse(), e);
        }
    }

    private string[] Settings(Port own, Port sidecarHttp, Port sidecarGrpc) =>
    [
        "--urls", $"http://127.0.0.1:{own.Number}",
        "--DAPR_HTTP_ENDPOINT", $"http://127.0.0.1:{sidecarHttp.Number}",
        "--DAPR_GRPC_ENDPOINT", $"http://127.0.0.1:{sidecarGrpc.Number}",
        "--Logging:LogLevel:Default", options.Verbose ? nameof(LogLevel.Information) : nameof(LogLevel.Warning),
        "--Logging:LogLevel:Microsoft.AspNetCore", nameof(LogLevel.Warning),
        "--Logging:Console:LogToStandardErrorThreshold", nameof(LogLevel.Trace),
        "--Logging:Console:FormatterName", "simple",
        "--Logging:Console:FormatterOptions:SingleLine", "true",
    ];
}
