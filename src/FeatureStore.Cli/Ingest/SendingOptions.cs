using System.CommandLine;
using FeatureStore.Cli.Service;

namespace FeatureStore.Cli.Ingest;

/// <summary>What commands that send rows from files have in common on the command line.</summary>
internal static class SendingOptions
{
    public static Option<string?> Format(params string[] formats)
    {
        var option = new Option<string?>("--format") { Description = $"The format, where names do not tell: {string.Join(", ", formats[..^1])} or {formats[^1]}", HelpName = "FORMAT" };
        option.AcceptOnlyFromAmong(formats);
        return option;
    }

    public static Option<string?> Endpoint() => new("--endpoint")
    {
        Description = "feature-ingest's address [default: $FEATURESTORE_INGEST or http://localhost:8081]",
        HelpName = "URL",
    };

    public static Option<string> Patience() => new("--patience")
    {
        Description = "How long to wait for feature-ingest when it is away",
        HelpName = "LENGTH",
        DefaultValueFactory = _ => "5m",
    };

    public static ServiceEndpoint Service(string? endpoint, CliConsole console) =>
        ServiceEndpoint.Resolve("feature-ingest", endpoint, "FEATURESTORE_INGEST", "http://localhost:8081", console);

    /// <summary>The files that arguments name.</summary>
    /// <exception cref="UsageException">One cannot be read, or its format is not known.</exception>
    public static IReadOnlyList<InputFile> Files(string[] arguments, string? format, bool ids, CliConsole console) =>
        arguments.Count(path => path == "-") > 1
            ? throw new UsageException("Standard input (-) can be read only once.")
            : [.. InputPaths.Expand(arguments).Select(path => InputFile.Of(path, format, ids, console))];

    /// <summary>Refuses a column that is given two roles.</summary>
    public static void CheckRoles(RowMapping mapping)
    {
        var twice = mapping.NamedColumns().Where(named => named.Option is "--id" or "--time" or "--created")
            .GroupBy(named => named.Column).FirstOrDefault(group => group.Count() > 1);
        if (twice is not null)
        {
            throw new UsageException($"Column \"{twice.Key}\" is given as {string.Join(" and ", twice.Select(named => named.Option))}: it can be only one of them.");
        }
    }

    public static async Task DisposeAsync(IReadOnlyList<InputFile> files)
    {
        foreach (var file in files)
        {
            await file.DisposeAsync();
        }
    }
}
