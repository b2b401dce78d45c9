using System.CommandLine;
using System.Text;
using FeatureStore.Cli.History;
using FeatureStore.Cli.Service;
using FeatureStore.Model;

namespace FeatureStore.Cli.Registry;

/// <summary><c>featurestore registry show NAME</c>: what is applied.</summary>
internal static class ShowCommand
{
    private static readonly Argument<string?> Name = new("NAME") { Description = "One entity, view or feature service [default: all]", Arity = ArgumentArity.ZeroOrOne };

    private static readonly Option<bool> Json = new("--json") { Description = "Print it as JSON, as the service has it" };

    private static readonly Option<string?> History = HistoryEndpoint.Option(HistoryEndpoint.Beside);

    public static Command Create(CliConsole console)
    {
        var command = new Command("show", "Show what is applied: all of it, or one entity, view or feature service.") { Name, Json, RegistryOptions.Endpoint, History };
        command.SetAction((parsed, stop) => RunAsync(parsed, console, stop));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CliConsole console, CancellationToken stop)
    {
        using var client = RegistryOptions.Connect(parsed, console);
        var served = await new RegistryClient(client).GetAsync(stop);
        var (name, json) = (parsed.GetValue(Name), parsed.GetValue(Json));
        var history = HistoryEndpoint.Resolve(parsed, History, console);
        var facts = !json && (name is null ? served.Registry.Views.Count > 0 : served.Registry.Views.ContainsKey(name))
            ? await FactsAsync(history, console, stop)
            : null;
        return name is null ? ShowAll(served, facts, json, console) : ShowOne(name, served.Registry, facts, json, console);
    }

    /// <summary>What history knows; null, which is said, where it does not answer.</summary>
    private static async Task<IReadOnlyDictionary<string, ViewFacts>?> FactsAsync(ServiceEndpoint history, CliConsole console, CancellationToken stop)
    {
        var (facts, cause) = await StatisticsClient.AskAsync(history, console, stop);
        if (facts is null)
        {
            console.Error.WriteLine(TerminalText.VisibleLine($"Without what history knows of the views: {cause}."));
        }

        return facts;
    }

    private static int ShowAll(ServedRegistry served, IReadOnlyDictionary<string, ViewFacts>? facts, bool json, CliConsole console)
    {
        if (json)
        {
            Print(served.Json, console);
            return ExitCode.Success;
        }

        console.Error.WriteLine(served.Version == 0
            ? "No registry was applied yet: view default takes any features. Declare some, and give them to `featurestore apply`."
            : TerminalText.VisibleLine($"Registry version {served.Version}, applied at {served.AppliedAt}"));
        new RegistryTables(served.Registry, facts, console).WriteAll();
        return ExitCode.Success;
    }

    /// <summary>Shows what has a name: an entity, a view and a service may share it.</summary>
    private static int ShowOne(string name, Model.Registry registry, IReadOnlyDictionary<string, ViewFacts>? facts, bool json, CliConsole console)
    {
        var (entity, view, service) = (registry.Entities.GetValueOrDefault(name), registry.Views.GetValueOrDefault(name), registry.Services.GetValueOrDefault(name));
        if (entity is null && view is null && service is null)
        {
            string[] names = [.. registry.Entities.Keys, .. registry.Views.Keys, .. registry.Services.Keys];
            console.Error.WriteLine(TerminalText.VisibleLine($"There is no entity, view or feature service '{name}'.{ClosestName.Suggestion(name, names)}"));
            return ExitCode.Failure;
        }

        if (json)
        {
            Print(RegistryWriter.Write(new Model.Registry(Listed(entity), Listed(view), Listed(service))), console);
            return ExitCode.Success;
        }

        var tables = new RegistryTables(registry, facts, console);
        if (entity is not null)
        {
            tables.Write(entity);
        }

        if (view is not null)
        {
            tables.Write(view);
        }

        if (service is not null)
        {
            tables.Write(service);
        }

        return ExitCode.Success;
    }

    private static IEnumerable<T> Listed<T>(T? item)
        where T : class => item is null ? [] : [item];

    private static void Print(ReadOnlyMemory<byte> json, CliConsole console)
    {
        var text = Encoding.UTF8.GetString(json.Span).TrimEnd();
        console.Out.WriteLine(console.OutputIsTerminal ? TerminalText.Visible(text) : text);
    }
}
