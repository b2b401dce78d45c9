using FeatureStore.Dapr;
using FeatureStore.FeatureIngest.Events;
using FeatureStore.Hosting.Events;
using FeatureStore.Model;

namespace FeatureStore.FeatureIngest.DeadLetters;

/// <summary>Keeps what arrives on the dead-letter topic, and takes it in again when it is asked to.</summary>
internal sealed partial class DeadLetterIngest(
    DeadLetterStore letters, DropReasons reasons, OnlineWriter writer, RegistryWatch registry, DeadLetterOptions options, IngestOptions ingest, TimeProvider time,
    ILogger<DeadLetterIngest> logger)
{
    /// <summary>What is shown of an event's id: whoever publishes may make it as long as he likes.</summary>
    private const int MaxIdLength = 256;

    private const string NotNoted = "Why it was dropped is not known; it reads well.";

    /// <summary>Keeps dead letters. Delivered again after a failure, a letter may be kept twice; retrying both does no harm.</summary>
    public async Task<EventStatus[]> TakeAsync(IReadOnlyList<DeliveredEvent> events, CancellationToken cancellationToken)
    {
        var isKept = new bool[events.Count];
        try
        {
            var applied = await registry.GetAsync(cancellationToken);
            var now = Timestamp.From(time.GetUtcNow()).ToString();
            var payloads = events.Select(delivered => delivered.Payload).ToList();
            var noted = await reasons.ReadAsync(payloads.ConvertAll(DropReason.KeyOf));
            isKept = await letters.AppendAsync([.. payloads.Select((payload, i) => Letter(payload, noted[i], now, applied))], cancellationToken);
        }
        catch (StateStoreException e)
        {
            Log.NotKept(logger, events.Count, e.Message);
        }

        return [.. events.Select((delivered, i) => new EventStatus(delivered.EntryId, isKept[i] ? EventStatus.Success : EventStatus.Retry))];
    }

    /// <summary>
    /// Takes a letter's rows in, even if the event gave itself a time to live that is over: somebody asks for it. The letter
    /// is gone when all of them are stored.
    /// </summary>
    /// <returns>What became of the rows; null if there is no such letter.</returns>
    public async Task<DeadLetterRetried?> RetryAsync(long number, List<Fault> faults, CancellationToken cancellationToken)
    {
        if (await letters.FindAsync(number, cancellationToken) is not { } found)
        {
            return null;
        }

        if (found.Letter.IsTruncated)
        {
            faults.Add(Fault.Invalid("Only the beginning of this event was kept, because it is too large: publish it again, in smaller events."));
            return new DeadLetterRetried(number, 0, 0);
        }

        // What has no time of its own is true as of when it came, so that retrying it never beats what came later.
        var context = ingest.Context(time, await registry.GetAsync(cancellationToken)) with { EventTimestamp = found.Letter.Received() };
        var writes = EventRows.Read(found.Letter.Payload, context, faults).Rows.Select(row => writer.WriteAsync(row)).ToList();
        var (applied, superseded) = (0, 0);
        foreach (var write in writes)
        {
            try
            {
                var outcome = await write.WaitAsync(cancellationToken);
                (applied, superseded) = outcome.Applied ? (applied + 1, superseded) : (applied, superseded + 1);
            }
            catch (RowTooLargeException e)
            {
                faults.Add(Fault.TooLarge(e.Message));
            }
            catch (StoredRowFormatException e)
            {
                faults.Add(Fault.Invalid(e.Message));
            }
        }

        if (faults.Count == 0)
        {
            await letters.RemoveAsync(number, found.ETag, cancellationToken);
        }

        return new DeadLetterRetried(number, applied, superseded);
    }

    private DeadLetter Letter(ReadOnlyMemory<byte> payload, IReadOnlyList<string>? noted, string now, AppliedRegistry applied)
    {
        var faults = new List<Fault>();
        var id = EventRows.Read(payload, ingest.Context(time, applied), faults).Id;
        var letter = new DeadLetter
        {
            Number = 0,
            ReceivedAt = now,
            EventId = id is { Length: > MaxIdLength } ? id[..MaxIdLength] : id,
            Reasons = noted ?? (faults.Count > 0 ? DropReason.Texts(faults) : [NotNoted]),
            EventBytes = payload.Length,
        };
        Log.Kept(logger, id ?? "", letter.Reasons[0]);
        return letter.With(payload, options.MaxEventBytes);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The dead letter of event {Id} is kept: {Reason}")]
        public static partial void Kept(ILogger logger, string id, string reason);

        [LoggerMessage(2, LogLevel.Warning, "{Count} dead letters are to be delivered again: {Reason}")]
        public static partial void NotKept(ILogger logger, int count, string reason);
    }
}
