using System.CommandLine;
using FeatureStore.Cli.Service;

namespace FeatureStore.Cli.Registry;

/// <summary>What the commands of the registry have in common.</summary>
internal static class RegistryOptions
{
    public static Argument<string> Path { get; } = new("PATH")
    {
        Description = "A YAML file, or a folder of them",
        DefaultValueFactory = _ => "features",
    };

    public static Option<string?> Endpoint { get; } = new("--endpoint")
    {
        Description = "feature-ingest's address [default: $FEATURESTORE_INGEST or http://localhost:8081]",
        HelpName = "URL",
    };

    /// <summary>A client of the service that keeps the registry.</summary>
    public static ServiceClient Connect(ParseResult parsed, CliConsole console) => new(
        ServiceEndpoint.Resolve("feature-ingest", parsed.GetValue(Endpoint), "FEATURESTORE_INGEST", "http://localhost:8081", console), console);
}
