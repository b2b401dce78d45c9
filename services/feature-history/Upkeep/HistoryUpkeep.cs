using FeatureStore.Dapr;
using FeatureStore.History;

namespace FeatureStore.FeatureHistory.Upkeep;

/// <summary>
/// Makes few files of many in the background, since rows come in small files and are read best from large ones, and drops what a view's
/// retention is over for.
/// </summary>
internal sealed partial class HistoryUpkeep(
    HistoryCatalog catalog, PartitionRewriter rewriter, HistoryRetention retention, RegistryWatch registry, HistoryOptions options, TimeProvider time, ILogger<HistoryUpkeep> logger) : BackgroundService
{
    /// <summary>A file is rewritten only together with others that are not much smaller, so that each row is rewritten a few times at the most.</summary>
    private const int MostTimesLarger = 4;

    /// <summary>As much is rewritten whenever there is a pause.</summary>
    private const long LittleBytes = 16 * 1024 * 1024;

    private readonly Dictionary<string, (DateOnly Day, TimeSpan Retention)> _dropped = new(StringComparer.Ordinal);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        foreach (var path in catalog.Strangers)
        {
            Log.Stranger(logger, path);
        }

        using var timer = new PeriodicTimer(options.UpkeepInterval, time);
        var before = new Dictionary<(string, DateOnly), int>();
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await DropAsync(stoppingToken);
                using var turn = await rewriter.EnterAsync(stoppingToken);
                var seen = new Dictionary<(string, DateOnly), int>();
                foreach (var partition in catalog.Files.Values.SelectMany(files => files).GroupBy(file => (file.View, file.Date)))
                {
                    var files = partition.ToList();
                    seen[partition.Key] = files.Count;
                    // Where nothing came since the last look there is time to make one of them.
                    var isQuiet = before.GetValueOrDefault(partition.Key) == files.Count;
                    await CompactAsync(Choose(files, isQuiet), stoppingToken);
                }

                before = seen;
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The end.
        }
    }

    /// <summary>Once a day, as whole days are dropped, and once a view is declared otherwise.</summary>
    private async Task DropAsync(CancellationToken stoppingToken)
    {
        foreach (var view in registry.Current?.Registry.Views.Values.Where(view => view.Retention is not null) ?? [])
        {
            var due = (DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime), view.Retention!.Value);
            if (_dropped.GetValueOrDefault(view.Name) == due)
            {
                continue;
            }

            try
            {
                var rows = await retention.DropAsync(view, stoppingToken);
                _dropped[view.Name] = due;
                if (rows > 0)
                {
                    Log.Dropped(logger, rows, view.Name, view.Retention.Value);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Log.Failed(logger, e.Message);
            }
        }
    }

    private IReadOnlyList<HistoryFile> Choose(List<HistoryFile> files, bool isQuiet)
    {
        var alike = PartitionRewriter.Alike([.. files.Where(file => file.Bytes < options.LargestFileBytes)]).OrderBy(file => file.Bytes).ToList();
        var total = alike.Sum(file => file.Bytes);
        if (isQuiet && alike.Count > 1 && (total <= LittleBytes || total - alike[^1].Bytes >= alike[^1].Bytes / MostTimesLarger))
        {
            return alike;
        }

        var chosen = new List<HistoryFile>();
        var bytes = 0L;
        foreach (var file in alike)
        {
            if (chosen.Count > 0 && file.Bytes > MostTimesLarger * bytes)
            {
                break;
            }

            chosen.Add(file);
            bytes += file.Bytes;
        }

        return chosen.Count >= options.SmallFiles ? chosen : [];
    }

    private async Task CompactAsync(IReadOnlyList<HistoryFile> files, CancellationToken stoppingToken)
    {
        if (files.Count == 0)
        {
            return;
        }

        try
        {
            var rows = await rewriter.RewriteAsync(files, keep: null, stoppingToken);
            Log.Compacted(logger, files.Count, files[0].View, files[0].Date, rows);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Log.Failed(logger, e.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "{Files} files of view {View} of {Date} became one of {Rows} rows")]
        public static partial void Compacted(ILogger logger, int files, string view, DateOnly date, long rows);

        [LoggerMessage(4, LogLevel.Error, "{Path} cannot be read as a file of history, and is left out of it until the next start")]
        public static partial void Stranger(ILogger logger, string path);

        [LoggerMessage(3, LogLevel.Information, "{Rows} rows of view {View} were dropped, which is kept for {Retention}")]
        public static partial void Dropped(ILogger logger, long rows, string view, TimeSpan retention);

        [LoggerMessage(2, LogLevel.Warning, "{Reason}")]
        public static partial void Failed(ILogger logger, string reason);
    }
}
