using FeatureStore.Dapr;
using FeatureStore.FeatureIngest.DeadLetters;
using FeatureStore.Hosting.Events;
using FeatureStore.Model;

namespace FeatureStore.FeatureIngest.Events;

/// <summary>Writes the rows of delivered events, and says of each event whether it is done or to be delivered again.</summary>
internal sealed partial class EventIngest(
    OnlineWriter writer, RegistryWatch registry, RefusedRows refused, DeadLetterTopic deadLetters, PostponedEvents postponed, SidecarOptions sidecar, IngestOptions options,
    TimeProvider time, ILogger<EventIngest> logger)
{
    /// <summary>
    /// Takes events. Their rows are under way together; an event is done when all its rows are stored, when it is
    /// dead-lettered because one of them never can be, or when it is put back because one cannot be yet.
    /// </summary>
    public async Task<EventStatus[]> TakeAsync(IReadOnlyList<DeliveredEvent> events)
    {
        ReadEvent[] read;
        try
        {
            read = await ReadAsync(events);
        }
        catch (StateStoreException e)
        {
            Log.AllRetried(logger, events.Count, e.Message);
            return [.. events.Select(delivered => new EventStatus(delivered.EntryId, EventStatus.Retry))];
        }

        // Begun one after another, so that rows of one key keep the order in which they came.
        var taken = new Task<Outcome>[events.Count];
        for (var i = 0; i < taken.Length; i++)
        {
            taken[i] = TakeAsync(read[i]);
        }

        var outcomes = await Task.WhenAll(taken);
        await GiveUpAsync(outcomes);
        var done = outcomes.Where(outcome => !outcome.IsToRetry).ToList();
        var sent = new Queue<bool>(await deadLetters.SendAsync([.. done.Select(outcome => outcome.Dropped).OfType<DroppedEvent>()]));
        var putBack = new Queue<bool>(await postponed.PutBackAsync([.. done.Select(outcome => outcome.Postponed).OfType<PostponedEvent>()], events.Count));
        return [.. events.Zip(outcomes, (delivered, outcome) => new EventStatus(
            delivered.EntryId,
            outcome.IsToRetry || (outcome.Dropped is not null && !sent.Dequeue()) || (outcome.Postponed is not null && !putBack.Dequeue())
                ? EventStatus.Retry
                : EventStatus.Success))];
    }

    private async Task<ReadEvent[]> ReadAsync(IReadOnlyList<DeliveredEvent> events)
    {
        var applied = await registry.GetAsync(CancellationToken.None);
        var read = events.Select(delivered => Read(delivered, applied)).ToArray();
        if (Array.Exists(read, IsUndeclared) && await registry.RefreshAsync(CancellationToken.None) is var newest && newest != applied)
        {
            // What is not declared may have been declared a moment ago.
            read = [.. read.Select(one => IsUndeclared(one) ? Read(one.Delivered, newest) : one)];
        }

        return read;
    }

    private ReadEvent Read(DeliveredEvent delivered, AppliedRegistry applied)
    {
        var faults = new List<Fault>();
        return new ReadEvent(delivered, EventRows.Read(delivered.Payload, options.Context(time, applied), faults), faults);
    }

    private static bool IsUndeclared(ReadEvent read) => read.Faults.Exists(fault => fault.Kind is FaultKind.Unknown or FaultKind.Invalid);

    /// <summary>Has the events dropped, and not delivered again, whose rows the store refuses for good.</summary>
    private async Task GiveUpAsync(Outcome[] outcomes)
    {
        var lost = await refused.FindLostAsync([.. outcomes.SelectMany(outcome => outcome.Refused ?? [])]);
        for (var i = 0; lost.Count > 0 && i < outcomes.Length; i++)
        {
            if (outcomes[i] is { Dropped: { } drop, Refused: { } rows } && rows.All(lost.Contains))
            {
                Log.Dropped(logger, drop.Id, string.Join(' ', drop.Reason.Reasons));
                outcomes[i] = new Outcome(false, drop);
            }
        }
    }

    private async Task<Outcome> TakeAsync(ReadEvent read)
    {
        var (delivered, rows, faults) = read;
        var id = rows.Id ?? delivered.EntryId;
        if (rows.Expiration is { } expiration && expiration <= Timestamp.From(time.GetUtcNow()))
        {
            // Its publisher gave it a time to live, and a raw delivery leaves it to us to see that it is over.
            Log.Expired(logger, id);
            return default;
        }

        // What is the same row whenever it is taken may come again later instead of holding up the topic until it can be stored.
        var waits = delivered.Payload.Length > sidecar.MaxMessageBytes
            || rows.Rows.Any(row => row.EventTimestamp is null || row.CreatedTimestamp is null);
        var writes = rows.Rows.Select(row => (Row: row, Task: writer.WriteAsync(row, waits))).ToList();
        var retry = false;
        var refusals = new List<(IncomingRow Row, Fault Fault)>();
        PostponedEvent? later = null;
        foreach (var (row, task) in writes)
        {
            try
            {
                await task;
                refused.Taken(row);
            }
            catch (RowTooLargeException e)
            {
                faults.Add(Fault.TooLarge(e.Message));
            }
            catch (RowMustWaitException e)
            {
                later = new PostponedEvent(delivered, id, e.Delay);
            }
            catch (Exception e) when (e is UntoldChangeException or UnloggedRowException)
            {
                // It is no row that the store refuses, however long this lasts.
                Log.Retried(logger, id, e.Message);
                retry = true;
            }
            catch (StateStoreException e)
            {
                Log.Retried(logger, id, e.Message);
                if (refused.Refused(row))
                {
                    refusals.Add((row, Fault.Invalid($"The store has refused it for {options.RefusedFor} while it took others: {e.Message}")));
                }
                else
                {
                    retry = true;
                }
            }
            catch (StoredRowFormatException e)
            {
                Log.Unreadable(logger, id, e.Message);
                faults.Add(Fault.Invalid(e.Message));
            }
            catch (Exception e)
            {
                // A sidecar delivers nothing else while it retries, so what will not mend by itself must not be retried: it
                // is kept in the dead-letter topic for a person.
                Log.Failed(logger, id, e.GetType(), e.Message);
                Log.FailedAt(logger, e);
                faults.Add(Fault.Invalid(e.Message));
            }
        }

        if (retry || (faults.Count == 0 && refusals.Count == 0) || (later is not null && refusals.Count == 0))
        {
            return new Outcome(retry, Postponed: retry ? null : later);
        }

        var reason = DropReason.Of(delivered.Payload, [.. faults, .. refusals.Select(refusal => refusal.Fault)]);
        if (refusals.Count > 0)
        {
            return new Outcome(true, new DroppedEvent(delivered, id, reason), Refused: later is null ? refusals.ConvertAll(refusal => refusal.Row) : null);
        }

        Log.Dropped(logger, id, string.Join(' ', reason.Reasons));
        return new Outcome(false, new DroppedEvent(delivered, id, reason));
    }

    /// <summary>An event, its rows without faults, and the faults of the others.</summary>
    private sealed record ReadEvent(DeliveredEvent Delivered, EventRows Rows, List<Fault> Faults);

    /// <summary>What is to be done with an event; nothing more where all its rows are stored.</summary>
    /// <param name="IsToRetry">It is to be delivered again.</param>
    /// <param name="Dropped">It goes to the dead-letter topic, unless it is to be delivered again.</param>
    /// <param name="Postponed">It goes back to the end of its topic.</param>
    /// <param name="Refused">The rows that would have to be refused for good for it to be dropped after all.</param>
    private readonly record struct Outcome(
        bool IsToRetry, DroppedEvent? Dropped = null, PostponedEvent? Postponed = null, IReadOnlyList<IncomingRow>? Refused = null);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Event {Id} is to be delivered again: {Reason}")]
        public static partial void Retried(ILogger logger, string id, string reason);

        [LoggerMessage(5, LogLevel.Warning, "{Count} events are to be delivered again: {Reason}")]
        public static partial void AllRetried(ILogger logger, int count, string reason);

        [LoggerMessage(4, LogLevel.Error, "A row of event {Id} cannot be stored: {Type}: {Reason}")]
        public static partial void Failed(ILogger logger, string id, Type type, string reason);

        [LoggerMessage(6, LogLevel.Error, "A row of event {Id} cannot be stored: {Reason}")]
        public static partial void Unreadable(ILogger logger, string id, string reason);

        [LoggerMessage(7, LogLevel.Debug, "Where it failed")]
        public static partial void FailedAt(ILogger logger, Exception exception);

        [LoggerMessage(3, LogLevel.Information, "Event {Id} has expired and is passed over")]
        public static partial void Expired(ILogger logger, string id);

        [LoggerMessage(2, LogLevel.Error, "Event {Id} goes to the dead-letter topic. {Reasons}")]
        public static partial void Dropped(ILogger logger, string id, string reasons);
    }
}
