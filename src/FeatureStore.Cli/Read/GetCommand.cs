using System.CommandLine;
using System.Text;
using FeatureStore.Cli.Service;

namespace FeatureStore.Cli.Read;

/// <summary><c>featurestore get ENTITY…</c>: shows the features of entities.</summary>
internal static class GetCommand
{
    private static readonly Argument<string[]> Entities = new("ENTITY") { Description = "Entity ids", Arity = ArgumentArity.ZeroOrMore };

    private static readonly Option<string[]> Keys = new("--key") { Description = "One part of a composite entity id; repeat it in order", HelpName = "KEY" };

    private static readonly Option<string[]> Views = new("--view") { Description = "Read this feature view; repeatable", HelpName = "V" };

    private static readonly Option<string[]> Features = new("--feature") { Description = "Read only this feature; repeatable", HelpName = "F" };

    private static readonly Option<string?> Entity = new("--entity") { Description = "The entity that the ids are of, where several are declared", HelpName = "E" };

    private static readonly Option<string?> Service = new("--service") { Description = "Read the features of this feature service", HelpName = "S" };

    private static readonly Option<bool> Defaults = new("--defaults") { Description = "Let the declared defaults fill in for what is missing, expired or null" };

    private static readonly Option<bool> Metadata = new("--metadata") { Description = "Show each feature's view, status, event time, expiry and age too" };

    private static readonly Option<bool> Json = new("--json") { Description = "Print the service's replies, one a line" };

    private static readonly Option<string?> Endpoint = new("--endpoint")
    {
        Description = "feature-api's address [default: $FEATURESTORE_API or http://localhost:8080]",
        HelpName = "URL",
    };

    public static Command Create(CliConsole console)
    {
        var command = new Command("get", "Show the features of entities.") { Entities, Keys, Entity, Views, Features, Service, Defaults, Metadata, Json, Endpoint };
        command.SetAction((parsed, stop) => RunAsync(parsed, console, stop));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CliConsole console, CancellationToken stop)
    {
        var entities = EntityQuery.Entities(parsed.GetValue(Entities) ?? [], parsed.GetValue(Keys) ?? []);
        var views = parsed.GetValue(Views) ?? [];
        var features = parsed.GetValue(Features) ?? [];
        var metadata = parsed.GetValue(Metadata);
        static string? Flag(bool given) => given ? "true" : null;
        var service = ServiceEndpoint.Resolve(
            "feature-api", parsed.GetValue(Endpoint), "FEATURESTORE_API", "http://localhost:8080", console);
        using var client = new ServiceClient(service, console);
        var exit = ExitCode.Success;
        foreach (var keys in entities)
        {
            var reply = await client.SendAsync(HttpMethod.Get, EntityQuery.Of(
                keys, views, features, ("entity", parsed.GetValue(Entity)), ("service", parsed.GetValue(Service)),
                ("defaults", Flag(parsed.GetValue(Defaults))), ("metadata", Flag(metadata))), stop);
            if (reply is null)
            {
                var among = views.Length == 0 ? "" : $" in view {string.Join(", ", views)}";
                console.Error.WriteLine(TerminalText.VisibleLine($"{string.Join('/', keys)}: nothing is found{among}."));
                exit = ExitCode.Failure;
            }
            else if (parsed.GetValue(Json))
            {
                WriteJson(reply, console);
            }
            else
            {
                FeatureTable.Write(reply, metadata, service, console);
            }
        }

        return exit;
    }

    /// <summary>The reply as it is, on one line: a newline in JSON is only ever white space.</summary>
    private static void WriteJson(byte[] body, CliConsole console)
    {
        var json = Encoding.UTF8.GetString(body).Replace('\n', ' ').Replace('\r', ' ').TrimEnd();

        // An escape is the same JSON; a raw control character would steer the terminal.
        console.Out.WriteLine(console.OutputIsTerminal ? TerminalText.VisibleLine(json.Replace('\t', ' ')) : json);
    }
}
