using FeatureStore.Cli.Service;

namespace FeatureStore.Cli.Delete;

/// <summary>Deletes entities that the command line names, one call each.</summary>
internal sealed class EntityDeletion(
    IReadOnlyList<IReadOnlyList<string>> entities, IReadOnlyList<string?> views, string[] features, ServiceEndpoint service, CliConsole console)
{
    public async Task<int> RunAsync(bool isConfirmed, CancellationToken stop)
    {
        var what = features.Length == 0 ? "the row" : $"{string.Join(", ", features)}";
        var whom = string.Join(", ", entities.Select(keys => string.Join('/', keys)));
        var where = views.Count == 1 ? $"view {views[0] ?? "default"}" : $"the views {string.Join(", ", views)}";
        if (!isConfirmed && !Confirmation.Ask(TerminalText.VisibleLine($"Delete {what} of {whom} in {where}?"), console))
        {
            console.Error.WriteLine("Nothing was deleted.");
            return ExitCode.Failure;
        }

        using var client = new ServiceClient(service, console);
        var exit = ExitCode.Success;
        foreach (var keys in entities)
        {
            foreach (var view in views)
            {
                var (applied, at) = await DeleteAsync(client, EntityQuery.Of(keys, view is null ? [] : [view], features), stop);
                var name = string.Join('/', keys) + (views.Count == 1 ? "" : $" in {view}");
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
        }

        return exit;
    }

    private static async Task<(bool Applied, string At)> DeleteAsync(ServiceClient client, string query, CancellationToken stop)
    {
        using var request = new HttpRequestMessage(HttpMethod.Delete, client.Service.Path(query));
        var reply = await client.ExchangeAsync(request, stop);
        return reply.IsSuccess
            ? client.Read(reply.Body, body => (body.GetProperty("outcome").GetString() == "applied", body.GetProperty("event_timestamp").GetString() ?? ""))
            : throw client.Failed(reply);
    }
}
