using System.Globalization;
using System.Text;
using System.Text.Json;
using FeatureStore.Cli.Ingest;
using FeatureStore.Cli.Registry;
using FeatureStore.Cli.Service;
using FeatureStore.Model;

namespace FeatureStore.Cli.Views;

/// <summary>Takes a view out of the registry; then, if that is wanted, deletes its rows online and its history.</summary>
internal sealed class ViewRemoval(string name, ServiceEndpoint ingest, ServiceEndpoint history, TimeSpan patience, CliConsole console)
{
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromMinutes(10);

    /// <summary>How many entities history is asked for at once.</summary>
    private const int PageSize = 50_000;

    public async Task<int> RunAsync(bool purge, bool isConfirmed, CancellationToken stop)
    {
        using var client = new ServiceClient(ingest, console);
        var registry = new RegistryClient(client);
        var served = await registry.GetAsync(stop);
        var isDeclared = served.Registry.Views.ContainsKey(name);
        if (!isDeclared && !(purge && served.Deletable.Views.ContainsKey(name)))
        {
            throw new CommandFailedException($"There is no view {name}.{ClosestName.Suggestion(name, served.Registry.Views.Keys)}");
        }

        var users = served.Registry.Services.Values.Where(service => service.Features.Any(feature => feature.View == name)).Select(service => service.Name).ToList();
        if (users.Count > 0)
        {
            throw new CommandFailedException($"The view {name} is used by {string.Join(", ", users)}: remove the service, or its features of the view, first.");
        }

        if (!isConfirmed && !Confirmation.Ask(TerminalText.VisibleLine(
            purge ? $"Remove the view {name}, delete all that is stored of it and all its history? It cannot be brought back." : $"Remove the view {name}? Its data is kept and no longer served."), console))
        {
            console.Error.WriteLine("Nothing was removed.");
            return ExitCode.Failure;
        }

        if (isDeclared)
        {
            var without = new Model.Registry(served.Registry.Entities.Values, served.Registry.Views.Values.Where(view => view.Name != name), served.Registry.Services.Values);
            if (await registry.PutAsync(without, served.Version, dryRun: false, stop) is not ApplyReply.Applied applied)
            {
                throw new CommandFailedException("The registry was changed meanwhile. Nothing was removed; do it again.");
            }

            console.Out.WriteLine($"Registry version {applied.Version} is applied, without {name}.");
        }

        return purge ? await PurgeAsync(stop) : ExitCode.Success;
    }

    private async Task<int> PurgeAsync(CancellationToken stop)
    {
        using var client = new ServiceClient(history, console, AnswerWithin);
        using var http = ServiceClient.CreateHttp(console, Timeout.InfiniteTimeSpan);
        var counts = new IngestCounts();
        var sender = new BatchSender(http, ingest, "online", patience, counts, console.Time);
        var (after, entities) = ("", 0L);
        while (true)
        {
            using var request = new HttpRequestMessage(
                HttpMethod.Get, history.Path(string.Create(CultureInfo.InvariantCulture, $"/entities?view={Uri.EscapeDataString(name)}&after={Uri.EscapeDataString(after)}&limit={PageSize}")));
            var reply = await client.ExchangeAsync(request, stop);
            var page = reply.IsSuccess ? Encoding.UTF8.GetString(reply.Body).Split('\n', StringSplitOptions.RemoveEmptyEntries) : throw client.Failed(reply);
            foreach (var some in page.Chunk(RowBatch.MaxRows))
            {
                var batch = new RowBatch();
                foreach (var entity in some)
                {
                    batch.Add(Deletion(entity), new RowLocation(entity, 1, default), stamped: false);
                }

                if (await sender.SendAsync(batch, stop, stop) != SendOutcome.Settled)
                {
                    stop.ThrowIfCancellationRequested();
                    throw new CommandFailedException($"Not all of {name} was deleted online; its history is kept. Do it again to go on.");
                }

                entities += some.Length;
                after = some[^1];
            }

            if (page.Length < PageSize)
            {
                break;
            }
        }

        if (counts.Rejected > 0)
        {
            throw new CommandFailedException($"{counts.Rejected} rows of {name} could not be deleted online, and its history is kept: {counts.Rejections[0].Reason}");
        }

        using var removal = new HttpRequestMessage(HttpMethod.Delete, history.Path($"/views/{Uri.EscapeDataString(name)}"));
        var removed = await client.ExchangeAsync(removal, stop);
        if (!removed.IsSuccess)
        {
            throw client.Failed(removed);
        }

        var (rows, files) = client.Read(removed.Body, body => body.GetProperty("views")[0] is var view ? (view.GetProperty("rows").GetInt64(), view.GetProperty("files").GetInt64()) : default);
        console.Out.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{entities:N0} rows of {name} were deleted online; that they were stays noted there for the view's lateness, 7 days unless it declares another. {rows:N0} rows of history in {files:N0} files are gone."));
        return ExitCode.Success;
    }

    /// <summary>The deletion of a row, as a row on the wire.</summary>
    private byte[] Deletion(string entity)
    {
        using var text = new MemoryStream();
        using (var json = new Utf8JsonWriter(text))
        {
            json.WriteStartObject();
            json.WriteString("view", name);
            json.WriteStartArray("keys");
            foreach (var key in StateKey.KeysOf(entity))
            {
                json.WriteStringValue(key);
            }

            json.WriteEndArray();
            json.WriteString("op", "delete");
            json.WriteEndObject();
        }

        return text.ToArray();
    }
}
