using System.Globalization;
using System.Text;
using System.Text.Json;
using FeatureStore.Cli.Ingest;
using FeatureStore.Cli.Registry;
using FeatureStore.Cli.Service;
using FeatureStore.Cli.Training;
using FeatureStore.Model;

namespace FeatureStore.Cli.Rebuild;

/// <summary>Takes the newest rows of each entity from history and writes them to the online store, and to it alone.</summary>
internal sealed class RebuildRun(ServiceEndpoint history, ServiceEndpoint ingest, TimeSpan patience, RebuildCheckpoint checkpoint, CliConsole console)
{
    /// <summary>How long history may take to answer at all: it sorts the view first.</summary>
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromMinutes(10);

    private readonly IngestCounts _counts = new();

    /// <summary>Rebuilds views.</summary>
    /// <param name="named">The views; none for all that have history.</param>
    /// <param name="stop">Ends it; with a checkpoint it can be gone on with.</param>
    public async Task<int> RunAsync(string[] named, CancellationToken stop)
    {
        using var rows = new ServiceClient(history, console, AnswerWithin);
        using var http = ServiceClient.CreateHttp(console, Timeout.InfiniteTimeSpan);
        var sender = new BatchSender(http, ingest, "online&from=history", patience, _counts, console.Time);
        var known = await KnownAsync(rows, stop);
        foreach (var view in named.Where(view => !known.ContainsKey(view)))
        {
            throw new CommandFailedException($"History has no view {view}.{ClosestName.Suggestion(view, known.Keys)}");
        }

        var exit = ExitCode.Success;
        foreach (var view in named.Length > 0 ? named : [.. known.Keys.Order(StringComparer.Ordinal)])
        {
            if (checkpoint.Of(view).IsDone)
            {
                console.Out.WriteLine($"{view}: done before");
                continue;
            }

            var before = (_counts.Applied, _counts.Superseded, _counts.Rejected);
            if (!await ViewAsync(view, known[view], rows, sender, stop))
            {
                exit = ExitCode.Failure;
            }

            console.Out.WriteLine(TerminalText.VisibleLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{view}: {_counts.Applied - before.Applied:N0} rows applied, {_counts.Superseded - before.Superseded:N0} superseded by what is there, {_counts.Rejected - before.Rejected:N0} rejected")));
        }

        foreach (var (at, reason) in _counts.Rejections)
        {
            console.Error.WriteLine(TerminalText.VisibleLine($"{at}: {reason}"));
        }

        if (exit == ExitCode.Success)
        {
            checkpoint.Remove();
        }

        return exit == ExitCode.Success && _counts.Rejected == 0 ? ExitCode.Success : ExitCode.Failure;
    }

    /// <summary>The views that have history, with how many rows they have there.</summary>
    private static async Task<Dictionary<string, long>> KnownAsync(ServiceClient rows, CancellationToken stop)
    {
        var served = await new RegistryClient(rows).GetAsync(stop);
        using var request = new HttpRequestMessage(HttpMethod.Get, rows.Service.Path("/registry/statistics"));
        var reply = await rows.ExchangeAsync(request, stop);
        var known = reply.IsSuccess
            ? rows.Read(reply.Body, body => body.GetProperty("views").EnumerateObject().ToDictionary(view => view.Name, view => view.Value.GetProperty("rows").GetInt64(), StringComparer.Ordinal))
            : throw rows.Failed(reply);
        // What is declared no longer is not served, and feature-ingest takes no rows of it.
        return known.Where(view => served.Registry.IsEmpty || served.Registry.Views.ContainsKey(view.Key)).ToDictionary(StringComparer.Ordinal);
    }

    /// <returns>Whether all of it went in, or was rejected for good.</returns>
    private async Task<bool> ViewAsync(string view, long total, ServiceClient rows, BatchSender sender, CancellationToken stop)
    {
        await using var progress = new SetProgress(console, view);
        var pauses = new RetryPauses(patience, console.Time);
        while (true)
        {
            var after = checkpoint.Of(view).After;
            try
            {
                using var request = new HttpRequestMessage(
                    HttpMethod.Get, history.Path($"/rows?view={Uri.EscapeDataString(view)}{(after.Length > 0 ? $"&after={Uri.EscapeDataString(after)}" : "")}"));
                return await rows.ReceiveAsync(request, body => SendAsync(view, total, body, sender, progress, pauses, stop), stop);
            }
            catch (CommandFailedException e) when (e.InnerException is HttpRequestException or IOException or TaskCanceledException)
            {
                // History went away, perhaps for a moment: on from the last entity that is in.
                progress.Report($"{view}: waiting for {history.Name}", 0);
                if (!await pauses.PauseAsync(null, stop))
                {
                    throw;
                }
            }
        }
    }

    private async Task<bool> SendAsync(string view, long total, Stream body, BatchSender sender, SetProgress progress, RetryPauses pauses, CancellationToken stop)
    {
        using var lines = new StreamReader(body, Encoding.UTF8);
        var batch = new RowBatch();
        var (number, entity, whole) = (0L, "", "");
        while (await lines.ReadLineAsync(stop) is { } line)
        {
            var row = Encoding.UTF8.GetBytes(line);
            if (!batch.Fits(row.Length))
            {
                if (!await FlushAsync())
                {
                    return false;
                }
            }

            // Of an entity whose rows may go on in the next batch it is not yet known that all of them are in.
            var of = EntityOf(row);
            (whole, entity) = of == entity ? (whole, entity) : (entity, of);
            batch.Add(row, new RowLocation(view, ++number, default), stamped: true);
        }

        if (batch.Count > 0 && !await FlushAsync())
        {
            return false;
        }

        checkpoint.Note(view, new ViewProgress(entity, true));
        return true;

        async Task<bool> FlushAsync()
        {
            if (await sender.SendAsync(batch, stop, stop) != SendOutcome.Settled)
            {
                stop.ThrowIfCancellationRequested();
                return false;
            }

            batch.Clear();
            pauses.Progress();
            if (whole.Length > 0)
            {
                checkpoint.Note(view, new ViewProgress(whole, false));
            }

            progress.Report(string.Create(CultureInfo.InvariantCulture, $"{view}: {number:N0} rows"), total == 0 ? 1 : (double)number / total);
            return true;
        }
    }

    /// <summary>The entity of a row as history orders by it.</summary>
    private static string EntityOf(byte[] row)
    {
        using var json = JsonDocument.Parse(row);
        var id = new StringBuilder();
        foreach (var key in json.RootElement.GetProperty("keys").EnumerateArray())
        {
            PercentEncoding.Append(id.Length > 0 ? id.Append('/') : id, key.GetString()!);
        }

        return id.ToString();
    }
}
