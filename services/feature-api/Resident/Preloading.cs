using System.Net;
using System.Text;
using FeatureStore.Dapr;
using FeatureStore.Model;

namespace FeatureStore.FeatureApi.Resident;

/// <summary>
/// Reads all entities of views with <c>preload: true</c> into memory, by the list of them that feature-history has, so that not even
/// the first read of an entity waits for the store. Reads are answered meanwhile as ever.
/// </summary>
internal sealed partial class Preloading(
    RowSource rows, SettledViews views, ChangeCurrency currency, RowMemory memory, ResidentOptions options, RegistryWatch registry,
    ServiceInvoker invoker, SidecarOptions sidecar, TimeProvider time, ILogger<Preloading> logger) : BackgroundService
{
    private const string History = "feature-history";

    /// <summary>How many entities are asked for at once: well below what a sidecar passes on in one reply.</summary>
    private const int PageSize = 2_000;

    /// <summary>Of the budget, beyond which rows only push out each other.</summary>
    private const double FullFrom = 0.95;

    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    private readonly HashSet<string> _done = new(StringComparer.Ordinal);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Look, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                var wanted = registry.Current?.Registry.Views.Values.Where(view => view.IsPreloaded).Select(view => view.Name).ToHashSet(StringComparer.Ordinal) ?? [];
                _done.IntersectWith(wanted);
                foreach (var view in wanted.Where(view => !_done.Contains(view) && views.Find(view) is not null && currency.IsCurrent))
                {
                    await PreloadAsync(view, stoppingToken);
                    _done.Add(view);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The end.
        }
    }

    private async Task PreloadAsync(string view, CancellationToken stoppingToken)
    {
        var (read, after, isTold) = (0L, "", false);
        while (registry.Current?.Registry.Views.GetValueOrDefault(view) is { IsPreloaded: true })
        {
            try
            {
                var page = await PageAsync(view, after, stoppingToken);
                foreach (var some in page.Chunk(sidecar.MaxBatchKeys))
                {
                    await ReadAsync(Array.ConvertAll(some, entity => $"{view}/{entity}"), stoppingToken);
                    if (memory.Bytes >= FullFrom * options.BudgetBytes)
                    {
                        Log.Full(logger, view, read);
                        return;
                    }

                    read += some.Length;
                    after = some[^1];
                }

                if (page.Length < PageSize)
                {
                    Log.Preloaded(logger, read, view);
                    return;
                }
            }
            catch (Exception e) when (e is InvocationException or StateStoreException)
            {
                if (!isTold)
                {
                    Log.Waiting(logger, view, e.Message);
                    isTold = true;
                }

                await Task.Delay(Pause, time, stoppingToken);
            }
        }
    }

    private async Task ReadAsync(string[] keys, CancellationToken stoppingToken)
    {
        try
        {
            await rows.ReadAsync(keys, stoppingToken);
        }
        catch (StoredRowFormatException) when (keys.Length > 1)
        {
            foreach (var key in keys)
            {
                await ReadAsync([key], stoppingToken);
            }
        }
        catch (StoredRowFormatException e)
        {
            // Whoever asks for it is told; the others are held.
            Log.Unreadable(logger, keys[0], e.Message);
        }
    }

    private async Task<string[]> PageAsync(string view, string after, CancellationToken stoppingToken)
    {
        var reply = await invoker.GetAsync(
            History, FormattableString.Invariant($"entities?view={Uri.EscapeDataString(view)}&after={Uri.EscapeDataString(after)}&limit={PageSize}"), stoppingToken);
        return reply.Status == HttpStatusCode.OK
            ? Encoding.UTF8.GetString(reply.Body.Span).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            : throw new InvocationException($"'{History}' answers {(int)reply.Status}.");
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "{Rows} entities of view {View} were read into memory")]
        public static partial void Preloaded(ILogger logger, long rows, string view);

        [LoggerMessage(2, LogLevel.Warning, "Memory is full: of view {View} the first {Rows} entities were read into it; see Resident:BudgetBytes")]
        public static partial void Full(ILogger logger, string view, long rows);

        [LoggerMessage(4, LogLevel.Error, "The row under {Key} cannot be read: {Reason}")]
        public static partial void Unreadable(ILogger logger, string key, string reason);

        [LoggerMessage(3, LogLevel.Warning, "The entities of view {View} cannot be read into memory yet: {Reason}")]
        public static partial void Waiting(ILogger logger, string view, string reason);
    }
}
