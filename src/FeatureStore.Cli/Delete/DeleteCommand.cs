using System.CommandLine;
using FeatureStore.Cli.Service;

namespace FeatureStore.Cli.Delete;

/// <summary><c>featurestore delete ENTITY…</c>: deletes rows, or single features of them.</summary>
internal static class DeleteCommand
{
    private static readonly Argument<string[]> Entities = new("ENTITY") { Description = "Entity ids", Arity = ArgumentArity.ZeroOrMore };

    private static readonly Option<string[]> Keys = new("--key") { Description = "One part of a composite entity id; repeat it in order", HelpName = "KEY" };

    private static readonly Option<string?> View = new("--view") { Description = "The feature view to delete from [default: default]", HelpName = "V" };

    private static readonly Option<string[]> Features = new("--feature") { Description = "Delete only this feature; repeatable", HelpName = "F" };

    private static readonly Option<bool> Yes = new("--yes", "-y") { Description = "Do not ask" };

    private static readonly Option<string?> Endpoint = new("--endpoint")
    {
        Description = "feature-ingest's address [default: $FEATURESTORE_INGEST or http://localhost:8081]",
        HelpName = "URL",
    };

    public static Command Create(CliConsole console)
    {
        var command = new Command("delete", "Delete rows, or single features of them.") { Entities, Keys, View, Features, Yes, Endpoint };
        command.SetAction((parsed, stop) => RunAsync(parsed, console, stop));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CliConsole console, CancellationToken stop)
    {
        var entities = EntityQuery.Entities(parsed.GetValue(Entities) ?? [], parsed.GetValue(Keys) ?? []);
        var view = parsed.GetValue(View);
        var features = parsed.GetValue(Features) ?? [];
        var service = ServiceEndpoint.Resolve(
            "feature-ingest", parsed.GetValue(Endpoint), "FEATURESTORE_INGEST", "http://localhost:8081", console);
        var what = features.Length == 0 ? "the row" : $"{string.Join(", ", features)}";
        var whom = string.Join(", ", entities.Select(keys => string.Join('/', keys)));
        if (!parsed.GetValue(Yes) && !Confirmation.Ask(TerminalText.VisibleLine($"Delete {what} of {whom} in view {view ?? "default"}?"), console))
        {
            console.Error.WriteLine("Nothing was deleted.");
            return ExitCode.Failure;
        }

        using var client = new ServiceClient(service, console);
        var exit = ExitCode.Success;
        foreach (var keys in entities)
        {
            var (applied, at) = await DeleteAsync(client, EntityQuery.Of(keys, view is null ? [] : [view], features), stop);
            var name = string.Join('/', keys);
            if (applied)
            {
                console.Out.WriteLine(TerminalText.VisibleLine($"{name}: deleted what was true up to {at}"));
            }
            else
            {
                console.Error.WriteLine(TerminalText.VisibleLine($"{name}: not deleted, because something newer than {at} is stored"));
                exit = ExitCode.Failure;
            }
        }

        return exit;
    }

    private static async Task<(bool Applied, string At)> DeleteAsync(ServiceClient client, string query, CancellationToken stop) =>
        client.Read(
            await client.SendAsync(HttpMethod.Delete, query, stop) ?? [],
            reply => (reply.GetProperty("outcome").GetString() == "applied", reply.GetProperty("event_timestamp").GetString() ?? ""));
}
