using System.CommandLine;
using FeatureStore.Cli.Ingest;
using FeatureStore.Cli.Service;

namespace FeatureStore.Cli.Views;

/// <summary><c>featurestore view remove VIEW</c>: takes a view out of the registry, and with <c>--purge</c> its data away.</summary>
internal static class ViewCommand
{
    private static readonly Argument<string> Name = new("VIEW") { Description = "The view" };

    private static readonly Option<bool> Purge = new("--purge") { Description = "Delete what is stored of it online, and all its history" };

    private static readonly Option<bool> Yes = new("--yes", "-y") { Description = "Do not ask" };

    private static readonly Option<string?> Endpoint = SendingOptions.Endpoint();

    private static readonly Option<string?> HistoryOption = HistoryEndpoint.Option(HistoryEndpoint.Beside);

    private static readonly Option<string> Patience = SendingOptions.Patience();

    public static Command Create(CliConsole console)
    {
        var remove = new Command("remove", "Take a view out of the registry. Its data is kept, unless --purge says otherwise. Doing it again goes on where it was broken off.")
        {
            Name, Purge, Yes, Endpoint, HistoryOption, Patience,
        };
        remove.SetAction((parsed, stop) => new ViewRemoval(
            parsed.GetValue(Name)!, SendingOptions.Service(parsed.GetValue(Endpoint), console), HistoryEndpoint.Resolve(parsed, HistoryOption, console),
            Durations.Parse(parsed.GetValue(Patience)!, "--patience"), console).RunAsync(parsed.GetValue(Purge), parsed.GetValue(Yes), stop));
        return new Command("view", "What is done to one feature view.") { remove };
    }
}
