using System.Globalization;
using System.Text.Json;
using FeatureStore.Cli.Service;

namespace FeatureStore.Cli.Erase;

/// <summary>Erases entities one by one: online first, so that nothing comes to history again, then there.</summary>
internal sealed class EntityErasure(ErasedEntity target, ServiceEndpoint ingest, ServiceEndpoint history, CliConsole console)
{
    private readonly List<string> _deleted = [];
    private bool _isOutrun;

    /// <summary>Erases them, and says what was done, and what was not where something failed.</summary>
    public async Task<int> RunAsync(IReadOnlyList<IReadOnlyList<string>> entities, CancellationToken stop)
    {
        using var online = new ServiceClient(ingest, console);

        // Files are written anew, which takes as long as they are large.
        using var kept = new ServiceClient(history, console, Timeout.InfiniteTimeSpan);
        for (var i = 0; i < entities.Count; i++)
        {
            var name = string.Join('/', entities[i]);
            var isOnlineDone = false;
            _deleted.Clear();
            try
            {
                await DeleteAsync(online, entities[i], name, stop);
                isOnlineDone = true;
                await RemoveAsync(kept, entities[i], name, stop);
            }
            catch (Exception e) when (e is CommandFailedException or OperationCanceledException)
            {
                Say(e is OperationCanceledException ? "Stopped." : e.Message);
                Say($"{name}: {Done()} Not done: {(isOnlineDone ? "" : "the rest of it online, and ")}its rows in history. Run the same command again to complete it.");
                if (i + 1 < entities.Count)
                {
                    Say($"Not begun: {string.Join(", ", entities.Skip(i + 1).Select(keys => string.Join('/', keys)))}.");
                }

                return ExitCode.Failure;
            }
        }

        Say("No values stay online. The stamps of what was deleted stay for the lateness of their view, and that of the deletion for 7 days, so that nothing older comes back.");
        return _isOutrun ? ExitCode.Failure : ExitCode.Success;
    }

    private string Done() => _deleted.Count == 0 ? "Nothing is known to be done." : $"Done: deleted online in {string.Join(", ", _deleted)}.";

    private async Task DeleteAsync(ServiceClient client, IReadOnlyList<string> keys, string name, CancellationToken stop)
    {
        if (target.Name is { } entity)
        {
            Tell(await CallAsync(client, HttpMethod.Delete, EntityQuery.Of(keys, [], [], ("entity", entity)), reply => reply.GetProperty("views").EnumerateArray().Select(Read).ToList(), stop), name);
            return;
        }

        foreach (var view in target.Views)
        {
            Tell([await CallAsync(client, HttpMethod.Delete, EntityQuery.Of(keys, [view], []), Read, stop)], name);
        }
    }

    private async Task RemoveAsync(ServiceClient client, IReadOnlyList<string> keys, string name, CancellationToken stop)
    {
        var query = EntityQuery.Of(keys, [], [], ("entity", target.Name))["/features".Length..];
        var views = await CallAsync(
            client,
            HttpMethod.Post,
            $"/erasures{query}",
            reply => reply.GetProperty("views").EnumerateArray().Select(view => (View: view.GetProperty("view").GetString()!, Rows: view.GetProperty("rows").GetInt64(), Files: view.GetProperty("files").GetInt64())).ToList(),
            stop);
        foreach (var (view, rows, files) in views)
        {
            console.Out.WriteLine(TerminalText.VisibleLine(rows == 0
                ? $"{name} in {view}: history has no rows of it"
                : string.Create(CultureInfo.InvariantCulture, $"{name} in {view}: removed {rows:N0} {(rows == 1 ? "row" : "rows")} from history; {files:N0} {(files == 1 ? "file was" : "files were")} rewritten")));
        }

        if (views.Count == 0)
        {
            console.Out.WriteLine(TerminalText.VisibleLine($"{name}: history has no rows of it"));
        }
    }

    private static async Task<T> CallAsync<T>(ServiceClient client, HttpMethod method, string target, Func<JsonElement, T> read, CancellationToken stop)
    {
        using var request = new HttpRequestMessage(method, client.Service.Path(target));
        var reply = await client.ExchangeAsync(request, stop);
        return reply.IsSuccess ? client.Read(reply.Body, read) : throw client.Failed(reply);
    }

    private void Tell(IEnumerable<(string View, string At, bool IsApplied)> deleted, string name)
    {
        foreach (var (view, at, isApplied) in deleted)
        {
            if (isApplied)
            {
                console.Out.WriteLine(TerminalText.VisibleLine($"{name} in {view}: deleted online what was true up to {at}"));
                _deleted.Add(view);
            }
            else
            {
                Say($"{name} in {view}: not deleted online, because something newer than {at} was written meanwhile. Run the same command again.");
                _isOutrun = true;
            }
        }
    }

    private static (string View, string At, bool IsApplied) Read(JsonElement reply) =>
        (reply.GetProperty("view").GetString()!, reply.GetProperty("event_timestamp").GetString() ?? "", reply.GetProperty("outcome").ValueEquals("applied"));

    private void Say(string text) => console.Error.WriteLine(TerminalText.Visible(text));
}
