using System.CommandLine;

namespace FeatureStore.Cli.Service;

/// <summary>feature-history, as commands name it.</summary>
internal static class HistoryEndpoint
{
    /// <summary>The option where another service has <c>--endpoint</c>.</summary>
    public const string Beside = "--history-endpoint";

    /// <summary>The option that says where it is.</summary>
    /// <param name="name"><c>--endpoint</c>, or <see cref="Beside"/>.</param>
    public static Option<string?> Option(string name = "--endpoint") => new(name)
    {
        Description = "feature-history's address [default: $FEATURESTORE_HISTORY or http://localhost:8082]",
        HelpName = "URL",
    };

    /// <exception cref="UsageException">It is no address.</exception>
    public static ServiceEndpoint Resolve(ParseResult parsed, Option<string?> option, CliConsole console) =>
        ServiceEndpoint.Resolve("feature-history", parsed.GetValue(option), "FEATURESTORE_HISTORY", "http://localhost:8082", console, option.Name);
}
