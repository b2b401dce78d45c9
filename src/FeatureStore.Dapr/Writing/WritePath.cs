using FeatureStore.Model;
using Microsoft.Extensions.Logging;

namespace FeatureStore.Dapr;

/// <summary>What happens to a batch of rows: read, merge, save by compare-and-swap; again with what changed in between.</summary>
/// <remarks>
/// A row is acknowledged only by a save that succeeded, even if merging it changed nothing: on Redis a document and its
/// expiry are two commands, and the second may be what failed the last time.
/// </remarks>
public sealed partial class WritePath(
    StateStore store, SidecarOptions options, Lateness lateness, OnlineMetrics metrics, TimeProvider time, ILogger<WritePath> logger)
{
    /// <summary>How much later than what it keeps ends the store forgets a document, at least.</summary>
    private const long ExpiryMarginSeconds = 1;

    /// <summary>A document still there this long after its end has no expiry in the store, and can be saved over.</summary>
    private static readonly TimeSpan ExpiryOverdue = TimeSpan.FromSeconds(30);

    /// <summary>Writes what the lanes have taken. Each row is completed, but for those of the lanes returned.</summary>
    /// <exception cref="StateUnavailableException">The store is away; rows not yet completed are the caller's to fail.</exception>
    internal async Task<IReadOnlyList<DeferredLane>> WriteAsync(IReadOnlyList<Lane> lanes)
    {
        var started = time.GetTimestamp();
        var deferred = new List<DeferredLane>();
        var open = lanes.Select(lane => new LaneWrite(lane)).ToList();
        metrics.WriteBatch(open.Count);
        for (var attempt = 0; open.Count > 0; attempt++)
        {
            var items = await store.GetAsync(
                open.ConvertAll(write => write.Lane.Key), Left(started, options.ReadTimeout), CancellationToken.None);
            var now = Timestamp.From(time.GetUtcNow());
            var merged = new List<LaneWrite>(open.Count);
            for (var i = 0; i < open.Count; i++)
            {
                if (Prepare(open[i], items[i], now, attempt, deferred))
                {
                    merged.Add(open[i]);
                }
            }

            // Every row in `merged` is valid and has its stamp: here, on the first attempt, they are logged to history,
            // before anything of them is visible. What is saved and acknowledged is then always in the log.
            var (unsaved, last) = await SaveAsync(merged, attempt, started);

            // Every row that was saved is told to the replicas here, before it is acknowledged.
            foreach (var write in merged)
            {
                if (!unsaved.Contains(write))
                {
                    metrics.Rows(write.Acknowledge(out var superseded) - superseded, "applied");
                    metrics.Rows(superseded, "superseded");
                }
            }

            open = unsaved;
            if (open.Count > 0)
            {
                await PauseAsync(open, attempt, started, last);
            }
        }

        return deferred;
    }

    /// <summary>Merges a lane's rows with what is stored.</summary>
    /// <returns>False if there is nothing to save now.</returns>
    private bool Prepare(LaneWrite write, StateItem item, Timestamp now, int attempt, List<DeferredLane> deferred)
    {
        if (item.Error is { } error)
        {
            write.Lane.Fail(new StateStoreException($"The row '{write.Lane.Key}' could not be read: {error}"));
            return false;
        }

        StoredRow stored;
        try
        {
            stored = item.Exists ? StoredRowReader.Decode(item.Data) : StoredRow.Empty;
        }
        catch (StoredRowFormatException e)
        {
            Log.Unreadable(logger, write.Lane.Key, e.Message);
            write.Lane.Fail(e);
            return false;
        }

        if (item.Exists && UntilGone(stored.End(lateness), now) is { } delay)
        {
            Log.Waiting(logger, write.Lane.Key, delay);
            deferred.Add(new DeferredLane(write.Lane, delay));
            return false;
        }

        return write.Merge(stored, item, now, lateness, isFirst: attempt == 0);
    }

    /// <summary>How long to wait until a document is gone from the store, if it is about to go; null to save over it.</summary>
    private TimeSpan? UntilGone(Timestamp end, Timestamp now)
    {
        if (end == Timestamp.Never)
        {
            return null;
        }

        // The store sets its clock for the expiry when the save arrives, in whole seconds rounded up.
        var gone = TimeSpan.FromMicroseconds(end.Microseconds - now.Microseconds) + TimeSpan.FromSeconds(ExpiryMarginSeconds);
        return gone > options.ExpiryGuard || gone < -ExpiryOverdue
            ? null
            : gone < TimeSpan.Zero ? TimeSpan.FromMilliseconds(250) : gone + TimeSpan.FromSeconds(1);
    }

    private async Task<(List<LaneWrite> Unsaved, SaveResult Last)> SaveAsync(List<LaneWrite> merged, int attempt, long started)
    {
        var unsaved = new List<LaneWrite>();
        var last = SaveResult.Saved;
        foreach (var chunk in Chunks(merged, attempt))
        {
            var left = Left(started, options.SaveTimeout);
            var result = left > TimeSpan.Zero
                ? await store.SaveAsync(chunk.ConvertAll(write => write.Save), left, CancellationToken.None)
                : SaveResult.Unclear;
            if (result != SaveResult.Saved)
            {
                metrics.Repeat(result);
                last = result;
                unsaved.AddRange(chunk);
            }
        }

        return (unsaved, last);
    }

    /// <summary>
    /// Groups documents into messages of a size that the sidecar takes. After a failure, those that another writer
    /// changed go singly, so that the next conflict on one of them holds no other up.
    /// </summary>
    private IEnumerable<List<LaneWrite>> Chunks(List<LaneWrite> merged, int attempt)
    {
        var chunk = new List<LaneWrite>();
        var bytes = 0;
        foreach (var write in merged)
        {
            if (attempt > 0 && write.IsContended)
            {
                yield return [write];
                continue;
            }

            if (chunk.Count > 0 && bytes + write.Save.Data.Length > options.MaxMessageBytes)
            {
                yield return chunk;
                chunk = [];
                bytes = 0;
            }

            chunk.Add(write);
            bytes += write.Save.Data.Length + write.Save.Key.Length + 128;
        }

        if (chunk.Count > 0)
        {
            yield return chunk;
        }
    }

    private async Task PauseAsync(List<LaneWrite> open, int attempt, long started, SaveResult last)
    {
        if (Left(started, options.WriteBudget) <= TimeSpan.Zero)
        {
            if (last == SaveResult.Unclear)
            {
                throw new StateUnavailableException($"The state store '{options.StateStore}' did not confirm a save in time.");
            }

            open.ForEach(write => write.Lane.Fail(new StateStoreException(
                $"The row '{write.Lane.Key}' was changed by others each time it was to be saved.")));
            open.Clear();
            return;
        }

        await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.NextDouble() * (5 << Math.Min(attempt, 5))), time);
    }

    private TimeSpan Left(long started, TimeSpan most)
    {
        var left = options.WriteBudget - time.GetElapsedTime(started);
        return left < most ? left : most;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "The row under {Key} cannot be read: {Reason}")]
        public static partial void Unreadable(ILogger logger, string key, string reason);

        [LoggerMessage(2, LogLevel.Debug, "The row under {Key} is about to expire; its writers wait {Delay}")]
        public static partial void Waiting(ILogger logger, string key, TimeSpan delay);
    }
}
