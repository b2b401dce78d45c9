using System.CommandLine;

namespace FeatureStore.DevSidecar.CommandLine;

/// <summary>The executable's command line: daprd's names for its flags.</summary>
internal sealed class SidecarCommand
{
    private static readonly SidecarOptions Defaults = new() { AppId = "" };

    private readonly Option<string> _appId = new("--app-id") { Required = true, Description = "The app's id" };
    private readonly Option<int?> _appPort = new("--app-port") { Description = "The port the app listens on" };
    private readonly Option<int> _httpPort = new("--dapr-http-port") { Description = "The port of the HTTP API", DefaultValueFactory = _ => Defaults.HttpPort };
    private readonly Option<int> _grpcPort = new("--dapr-grpc-port") { Description = "The port of the gRPC API", DefaultValueFactory = _ => Defaults.GrpcPort };
    private readonly Option<string?> _socket = new("--unix-domain-socket") { Description = "A folder for sockets that replace the ports" };
    private readonly Option<string[]> _resources = new("--resources-path") { Description = "A folder of resources; may be repeated" };
    private readonly Option<bool> _healthCheck = new("--enable-app-health-check") { Description = "Probe the app" };
    private readonly Option<string> _healthPath = new("--app-health-check-path") { Description = "The path to probe", DefaultValueFactory = _ => Defaults.AppHealthCheckPath };
    private readonly Option<int> _healthThreshold = new("--app-health-threshold") { Description = "Failed probes until the app is unhealthy", DefaultValueFactory = _ => Defaults.AppHealthThreshold };
    private readonly Option<string> _logLevel = new("--log-level") { Description = "debug, info, warn or error", DefaultValueFactory = _ => "info" };

    private readonly Option<TimeSpan> _healthInterval = new("--app-health-probe-interval")
    {
        Description = "Seconds between probes",
        CustomParser = FlagValues.Seconds,
        DefaultValueFactory = _ => Defaults.AppHealthProbeInterval,
    };

    private readonly Option<TimeSpan> _healthTimeout = new("--app-health-probe-timeout")
    {
        Description = "Milliseconds a probe may take",
        CustomParser = FlagValues.Milliseconds,
        DefaultValueFactory = _ => Defaults.AppHealthProbeTimeout,
    };

    private readonly Option<TimeSpan> _grace = new("--dapr-graceful-shutdown-seconds")
    {
        Description = "Seconds that running deliveries may take to finish once it stops",
        CustomParser = FlagValues.Seconds,
        DefaultValueFactory = _ => Defaults.ShutdownGrace,
    };

    private readonly Option<long> _maxBodySize = new("--max-body-size")
    {
        Description = "The largest message, such as 4Mi",
        CustomParser = FlagValues.Size,
        DefaultValueFactory = _ => Defaults.MaxBodySize,
    };

    private readonly Option<Dictionary<string, Uri>> _peers = new("--peer")
    {
        Description = "Another app's sidecar, such as app=http://127.0.0.1:3501; may be repeated",
        CustomParser = FlagValues.Peers,
        Arity = ArgumentArity.OneOrMore,
        DefaultValueFactory = _ => [],
    };

    public RootCommand Create()
    {
        var command = new RootCommand("A small Dapr-compatible sidecar for one machine. Production runs daprd.")
        {
            _appId, _appPort, _httpPort, _grpcPort, _socket, _resources, _healthCheck, _healthPath, _healthInterval, _healthTimeout,
            _healthThreshold, _grace, _maxBodySize, _peers, _logLevel,
        };
        command.SetAction((result, cancellationToken) => SidecarProcess.RunAsync(Read(result), result.GetValue(_logLevel)!, cancellationToken));
        return command;
    }

    private SidecarOptions Read(ParseResult result) => new()
    {
        AppId = result.GetValue(_appId)!,
        AppPort = result.GetValue(_appPort),
        HttpPort = result.GetValue(_httpPort),
        GrpcPort = result.GetValue(_grpcPort),
        UnixDomainSocketDirectory = result.GetValue(_socket),
        ResourcesPaths = result.GetValue(_resources) ?? [],
        EnableAppHealthCheck = result.GetValue(_healthCheck),
        AppHealthCheckPath = result.GetValue(_healthPath)!,
        AppHealthProbeInterval = result.GetValue(_healthInterval),
        AppHealthProbeTimeout = result.GetValue(_healthTimeout),
        AppHealthThreshold = result.GetValue(_healthThreshold),
        ShutdownGrace = result.GetValue(_grace),
        MaxBodySize = result.GetValue(_maxBodySize),
        Peers = result.GetValue(_peers) ?? [],
        ApiToken = Environment.GetEnvironmentVariable("DAPR_API_TOKEN"),
        AppApiToken = Environment.GetEnvironmentVariable("APP_API_TOKEN"),
    };
}
