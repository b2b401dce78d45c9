using System.CommandLine;

namespace FeatureStore.Cli.Up;

/// <summary><c>featurestore up</c>: runs the whole store in this process.</summary>
internal static class UpCommand
{
    private static readonly Option<string> Data = new("--data")
    {
        Description = "Folder of the data; it survives restarts",
        HelpName = "DIR",
        DefaultValueFactory = _ => ".featurestore",
    };

    private static readonly Option<string?> Components = new("--components")
    {
        Description = "Folder of Dapr component files, such as components for Redis [default: the embedded SQLite ones]",
        HelpName = "DIR",
    };

    private static readonly Option<int> ApiPort = PortOption("--api-port", "Port of feature-api", 8080);
    private static readonly Option<int> IngestPort = PortOption("--ingest-port", "Port of feature-ingest", 8081);
    private static readonly Option<int> HistoryPort = PortOption("--history-port", "Port of feature-history", 8082);
    private static readonly Option<int> ApiSidecarPort = PortOption("--api-sidecar-port", "HTTP port of feature-api's sidecar", 3500);
    private static readonly Option<int> ApiSidecarGrpcPort = PortOption("--api-sidecar-grpc-port", "gRPC port of feature-api's sidecar", 50001);
    private static readonly Option<int> IngestSidecarPort = PortOption("--ingest-sidecar-port", "HTTP port of feature-ingest's sidecar", 3501);
    private static readonly Option<int> IngestSidecarGrpcPort = PortOption("--ingest-sidecar-grpc-port", "gRPC port of feature-ingest's sidecar", 50002);
    private static readonly Option<int> HistorySidecarPort = PortOption("--history-sidecar-port", "HTTP port of feature-history's sidecar", 3502);
    private static readonly Option<int> HistorySidecarGrpcPort = PortOption("--history-sidecar-grpc-port", "gRPC port of feature-history's sidecar", 50003);
    private static readonly Option<bool> Verbose = new("--verbose") { Description = "Log more than warnings and errors" };

    public static Command Create(CliConsole console)
    {
        var command = new Command("up", "Run the feature store on this machine: its services and their sidecars, in this process.")
        {
            Data, Components, ApiPort, IngestPort, HistoryPort, ApiSidecarPort, ApiSidecarGrpcPort, IngestSidecarPort, IngestSidecarGrpcPort,
            HistorySidecarPort, HistorySidecarGrpcPort, Verbose,
        };
        command.SetAction((parsed, stop) => new UpRun(Read(parsed), console).RunAsync(stop));
        return command;
    }

    private static UpOptions Read(ParseResult parsed)
    {
        var named = parsed.GetValue(Components);
        var components = Path.GetFullPath(named ?? Path.Combine(AppContext.BaseDirectory, "components", "local"));
        if (!Directory.Exists(components))
        {
            throw new UsageException(named is null
                ? $"The embedded components are missing at {components}: the installation is not whole."
                : $"--components: there is no folder {components}.");
        }

        if (!Directory.EnumerateFiles(components).Any(file => Path.GetExtension(file) is ".yaml" or ".yml"))
        {
            throw new UsageException($"--components: there is no .yaml file in {components}.");
        }

        using var free = new FreePorts();
        Port Listen(Option<int> option, string purpose) => Port.Of(parsed.GetValue(option), purpose, option.Name, free);
        var options = new UpOptions
        {
            DataFolder = Path.GetFullPath(parsed.GetValue(Data)!),
            ComponentsFolder = components,
            Api = Listen(ApiPort, "feature-api"),
            Ingest = Listen(IngestPort, "feature-ingest"),
            History = Listen(HistoryPort, "feature-history"),
            ApiSidecarHttp = Listen(ApiSidecarPort, "feature-api's sidecar, HTTP"),
            ApiSidecarGrpc = Listen(ApiSidecarGrpcPort, "feature-api's sidecar, gRPC"),
            IngestSidecarHttp = Listen(IngestSidecarPort, "feature-ingest's sidecar, HTTP"),
            IngestSidecarGrpc = Listen(IngestSidecarGrpcPort, "feature-ingest's sidecar, gRPC"),
            HistorySidecarHttp = Listen(HistorySidecarPort, "feature-history's sidecar, HTTP"),
            HistorySidecarGrpc = Listen(HistorySidecarGrpcPort, "feature-history's sidecar, gRPC"),
            Verbose = parsed.GetValue(Verbose),
        };
        Port.CheckDistinct(options.Ports);
        return options;
    }

    private static Option<int> PortOption(string name, string description, int port) =>
        new(name) { Description = description, HelpName = "PORT", DefaultValueFactory = _ => port };
}
