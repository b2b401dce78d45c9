using System.CommandLine;
using FeatureStore.Cli.Ingest;
using FeatureStore.Cli.Service;

namespace FeatureStore.Cli.Rebuild;

/// <summary><c>featurestore rebuild</c>: fills an online store from history.</summary>
internal static class RebuildCommand
{
    private static readonly Option<string[]> Views = new("--view") { Description = "Only this view; repeatable [default: all that have history]", HelpName = "V" };

    private static readonly Option<string?> Checkpoint = new("--checkpoint")
    {
        Description = "Keep in this file how far it came; after an interruption the same command goes on from there",
        HelpName = "FILE",
    };

    private static readonly Option<string?> Endpoint = SendingOptions.Endpoint();

    private static readonly Option<string?> HistoryOption = HistoryEndpoint.Option(HistoryEndpoint.Beside);

    private static readonly Option<string> Patience = SendingOptions.Patience();

    public static Command Create(CliConsole console)
    {
        var command = new Command(
            "rebuild",
            "Fill an online store from history: an empty one, or another one after its component was changed. What is written meanwhile stays; doing it again is harmless.")
        {
            Views, Checkpoint, Endpoint, HistoryOption, Patience,
        };
        command.SetAction((parsed, stop) => RunAsync(parsed, console, stop));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CliConsole console, CancellationToken stop)
    {
        var progress = RebuildCheckpoint.Read(parsed.GetValue(Checkpoint));
        var run = new RebuildRun(
            HistoryEndpoint.Resolve(parsed, HistoryOption, console), SendingOptions.Service(parsed.GetValue(Endpoint), console),
            Durations.Parse(parsed.GetValue(Patience)!, "--patience"), progress, console);
        return await run.RunAsync(parsed.GetValue(Views) ?? [], stop);
    }
}
