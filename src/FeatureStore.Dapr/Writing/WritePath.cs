using FeatureStore.Model;
using Microsoft.Extensions.Logging;

namespace FeatureStore.Dapr;

/// <summary>What happens to a batch of rows: read, merge, save by compare-and-swap; again with what changed in between.</summary>
/// <remarks>
/// A row is acknowledged only by a save that succeeded, even if merging it changed nothing: on Redis a document and its
/// expiry are two commands, and the second may be what failed the last time.
/// </remarks>
public sealed partial class WritePath(
    StateStore store, SidecarOptions options, Lateness lateness, OnlineMetrics metrics, TimeProvider time, ILogger<WritePath> logger,
    ChangePublisher? changes = null, HistoryLog? history = null)
{
    /// <summary>With less time left than this another attempt is not begun: it would only be cut short.</summary>
    private static readonly TimeSpan LeastAttempt = TimeSpan.FromMilliseconds(400);

    /// <summary>Writes what the lanes have taken. Each row is completed, but for those of the lanes returned.</summary>
    /// <exception cref="StateUnavailableException">The store is away; rows not yet completed are the caller's to fail.</exception>
    internal async Task<IReadOnlyList<DeferredLane>> WriteAsync(IReadOnlyList<Lane> lanes)
    {
        var started = time.GetTimestamp();
        var deferred = new List<DeferredLane>();
        var open = lanes.Select(lane => new LaneWrite(lane)).ToList();
        var last = SaveResult.Saved;
        metrics.WriteBatch(open.Count);
        for (var attempt = 0; open.Count > 0; attempt++)
        {
            StateItem[] items;
            try
            {
                items = await store.GetAsync(
                    open.ConvertAll(write => write.Lane.Key), Left(started, options.ReadTimeout), CancellationToken.None);
            }
            catch (StateUnavailableException) when (last == SaveResult.Conflict)
            {
                // The store answered until our own time ran out: that is no outage.
                GiveUp(open);
                break;
            }

            var now = Timestamp.From(time.GetUtcNow());
            var merged = new List<LaneWrite>(open.Count);
            for (var i = 0; i < open.Count; i++)
            {
                if (Prepare(open[i], items[i], now, attempt, deferred))
                {
                    merged.Add(open[i]);
                }
            }

            if (history is not null)
            {
                var logging = time.GetTimestamp();
                await LogAsync(history, merged, now);
                started += time.GetTimestamp() - logging;
            }

            (open, last) = await SaveAsync(merged, attempt, started, last);

            // Of a push view a row is told to the replicas first; the others do not wait for that, nor does it count as time of the store's.
            var saved = open.Count == 0 ? merged : merged.FindAll(write => !open.Contains(write));
            var told = changes is null ? [] : saved.FindAll(write => changes.IsPushed(write.Lane.Key));
            Acknowledge(told.Count == 0 ? saved : saved.FindAll(write => !told.Contains(write)));
            if (told.Count > 0)
            {
                var telling = time.GetTimestamp();
                await TellAsync(told);
                Acknowledge(told);
                started += time.GetTimestamp() - telling;
            }

            if (open.Count > 0)
            {
                await PauseAsync(open, attempt, started, last);
            }
        }

        return deferred;
    }

    private void Acknowledge(List<LaneWrite> saved)
    {
        foreach (var write in saved)
        {
            metrics.Rows(write.Acknowledge(out var superseded) - superseded, "applied");
            metrics.Rows(superseded, "superseded");
        }
    }

    /// <summary>
    /// Tells history of the rows, which are valid and have their stamps now, before anything of them can be seen: what is saved and
    /// acknowledged is then always there. Rows that it could not be told of are failed.
    /// </summary>
    private static async Task LogAsync(HistoryLog history, List<LaneWrite> merged, Timestamp now)
    {
        var rows = merged.SelectMany(write => write.Merged).Where(row => !row.IsLogged && !row.Row.SkipsHistory).ToList();
        try
        {
            if (rows.Count > 0 && await history.IsKeptAsync())
            {
                await history.LogAsync(rows.ConvertAll(row => AcceptedRow.Of(row.Row, row.Stamp!.Value, now)));
            }

            rows.ForEach(row => row.IsLogged = true);
        }
        catch (PublishException e)
        {
            var unlogged = merged.FindAll(write => write.Merged.Any(rows.Contains));
            unlogged.ForEach(write => write.Fail(new UnloggedRowException(write.Lane.Key, e)));
            merged.RemoveAll(unlogged.Contains);
        }
    }

    /// <summary>Tells the replicas that serve from memory what was saved, changed or not: the one who saved it before may have died.</summary>
    private async Task TellAsync(List<LaneWrite> saved)
    {
        saved = saved.FindAll(write => write.IsMerged);
        try
        {
            await changes!.PublishAsync(saved.ConvertAll(write => new ChangedRow(write.Lane.Key, write.Save.Data)));
        }
        catch (PublishException e)
        {
            saved.ForEach(write => write.Fail(new UntoldChangeException(write.Lane.Key, e)));
        }
    }

    /// <summary>Merges a lane's rows with what is stored.</summary>
    /// <returns>False if there is nothing to save now.</returns>
    private bool Prepare(LaneWrite write, StateItem item, Timestamp now, int attempt, List<DeferredLane> deferred)
    {
        if (item.Error is not null)
        {
            write.Lane.Fail(item.Failure(write.Lane.Key));
            return false;
        }

        try
        {
            var (stored, keptUntil) = (StoredRow.Empty, Timestamp.Never);
            if (item.LacksVersion)
            {
                // To save over it would be to save over whatever another writer makes of it meanwhile.
                throw new StoredRowFormatException($"What lies under '{write.Lane.Key}' has no version: it was not written by the feature store.");
            }

            if (item.Exists)
            {
                stored = StoredRowReader.Decode(item.Data, out keptUntil);
            }

            if (PhysicalExpiry.UntilGone(keptUntil, now, options.ExpiryGuard) is { } delay)
            {
                Log.Waiting(logger, write.Lane.Key, delay);
                deferred.Add(new DeferredLane(write.Lane, delay));
                return false;
            }

            return write.Merge(stored, item, now, lateness, isFirst: attempt == 0);
        }
        catch (Exception e)
        {
            // Whatever is wrong with one row must not fail the others of the batch.
            Log.Unreadable(logger, write.Lane.Key, e.Message);
            write.Lane.Fail(e);
            return false;
        }
    }

    private async Task<(List<LaneWrite> Unsaved, SaveResult Last)> SaveAsync(
        List<LaneWrite> merged, int attempt, long started, SaveResult last)
    {
        var unsaved = new List<LaneWrite>();
        // A row whose save the store always fails must not fail the others with it, and the answer does not say which it is.
        var most = attempt > 0 && last == SaveResult.Unclear ? (merged.Count + 3) / 4 : int.MaxValue;
        var chunks = new Queue<List<LaneWrite>>(Chunks(merged, attempt, most));
        while (chunks.TryDequeue(out var chunk))
        {
            var left = Left(started, options.SaveTimeout);
            if (left <= TimeSpan.Zero)
            {
                last = last == SaveResult.Saved ? SaveResult.Unclear : last;
                unsaved.AddRange(chunk);
                continue;
            }

            var result = await store.SaveAsync(chunk.ConvertAll(write => write.Save), left, CancellationToken.None);
            if (result is SaveResult.TooLarge or SaveResult.Refused && chunk.Count > 1)
            {
                chunks.Enqueue(chunk[..(chunk.Count / 2)]);
                chunks.Enqueue(chunk[(chunk.Count / 2)..]);
            }
            else if (result == SaveResult.TooLarge)
            {
                chunk[0].Fail(new StateStoreException($"The row '{chunk[0].Lane.Key}' is more than the sidecar takes in one message."));
            }
            else if (result == SaveResult.Refused && !chunk[0].IsRefused)
            {
                // A component that is gone for a moment refuses, too; then the read that comes next fails.
                chunk[0].IsRefused = true;
                last = SaveResult.Unclear;
                unsaved.AddRange(chunk);
            }
            else if (result == SaveResult.Refused)
            {
                chunk[0].Fail(new StoredRowFormatException($"What lies under '{chunk[0].Lane.Key}' has a version that the store does not take."));
            }
            else if (result != SaveResult.Saved)
            {
                metrics.Repeat(result);
                last = result;
                unsaved.AddRange(chunk);
            }
        }

        return (unsaved, last);
    }

    /// <summary>
    /// Groups documents into messages of a size that the sidecar takes. After a failure, those that the store refused or another writer
    /// changed go singly, so that the next conflict on one of them holds no other up.
    /// </summary>
    private IEnumerable<List<LaneWrite>> Chunks(List<LaneWrite> merged, int attempt, int most)
    {
        var chunk = new List<LaneWrite>();
        var bytes = 0;
        foreach (var write in merged)
        {
            if (attempt > 0 && (write.IsContended || write.IsRefused))
            {
                yield return [write];
                continue;
            }

            if (chunk.Count == most || (chunk.Count > 0 && bytes + write.Save.Data.Length > options.MaxMessageBytes))
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
        if (Left(started, options.WriteBudget) >= LeastAttempt)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.NextDouble() * (5 << Math.Min(attempt, 5))), time);
            return;
        }

        if (last == SaveResult.Unclear)
        {
            throw new StateUnavailableException($"The state store '{options.StateStore}' did not confirm a save in time.");
        }

        GiveUp(open);
    }

    private static void GiveUp(List<LaneWrite> open)
    {
        open.ForEach(write => write.Fail(new StateStoreException(
            $"The row '{write.Lane.Key}' was changed by others each time it was to be saved.")));
        open.Clear();
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
