using System.CommandLine;
using FeatureStore.Cli.Ingest;
using FeatureStore.Cli.Service;

namespace FeatureStore.Cli.Erase;

/// <summary><c>featurestore erase ENTITY…</c>: deletes entities online and removes their rows from history.</summary>
internal static class EraseCommand
{
    private static readonly Argument<string[]> Entities = new("ENTITY") { Description = "Entity ids", Arity = ArgumentArity.ZeroOrMore };

    private static readonly Option<string[]> Keys = new("--key") { Description = "One part of a composite entity id; repeat it in order", HelpName = "KEY" };

    private static readonly Option<string?> Entity = new("--entity") { Description = "The entity whose ids these are, where several are declared", HelpName = "E" };

    private static readonly Option<bool> Yes = new("--yes", "-y") { Description = "Do not ask" };

    private static readonly Option<string?> Endpoint = SendingOptions.Endpoint();

    private static readonly Option<string?> HistoryOption = HistoryEndpoint.Option(HistoryEndpoint.Beside);

    public static Command Create(CliConsole console)
    {
        var command = new Command("erase", "Erase entities: delete them online in all their views, and remove all their rows from history. Doing it again is safe.")
        {
            Entities, Keys, Entity, Yes, Endpoint, HistoryOption,
        };
        command.SetAction((parsed, stop) => RunAsync(parsed, console, stop));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CliConsole console, CancellationToken stop)
    {
        var entities = EntityQuery.Entities(parsed.GetValue(Entities) ?? [], parsed.GetValue(Keys) ?? []);
        var (ingest, history) = (SendingOptions.Service(parsed.GetValue(Endpoint), console), HistoryEndpoint.Resolve(parsed, HistoryOption, console));
        var target = await ErasedEntity.FindAsync(parsed.GetValue(Entity), ingest, history, console, stop);
        target.CheckKeys(entities);
        var whom = string.Join(", ", entities.Select(keys => string.Join('/', keys)));
        if (!parsed.GetValue(Yes)
            && !Confirmation.Ask(TerminalText.VisibleLine($"Erase {whom}{target.Of}: delete {(entities.Count == 1 ? "it" : "them")} online in {target.Where} and remove all rows from history? They cannot be brought back."), console))
        {
            console.Error.WriteLine("Nothing was erased.");
            return ExitCode.Failure;
        }

        return await new EntityErasure(target, ingest, history, console).RunAsync(entities, stop);
    }
}
