using System.Text.Json;
using FeatureStore.Dapr;
using FeatureStore.FeatureIngest.Bodies;
using FeatureStore.Model;

namespace FeatureStore.FeatureIngest.Events;

/// <summary>Writes the rows of delivered events, and says of each event whether it is done, to be retried or to be dropped.</summary>
internal sealed partial class EventIngest(OnlineWriter writer, IngestOptions options, TimeProvider time, ILogger<EventIngest> logger)
{
    /// <summary>Takes events. Their rows are under way together; an event is done when all its rows are stored.</summary>
    public async Task<EventStatus[]> TakeAsync(IReadOnlyList<DeliveredEvent> events)
    {
        // Begun one after another, so that rows of one key keep the order in which they came.
        var taken = new Task<string>[events.Count];
        for (var i = 0; i < taken.Length; i++)
        {
            taken[i] = TakeAsync(events[i]);
        }

        var statuses = await Task.WhenAll(taken);
        return [.. events.Zip(statuses, (delivered, status) => new EventStatus(delivered.EntryId, status))];
    }

    private async Task<string> TakeAsync(DeliveredEvent delivered)
    {
        var faults = new List<Fault>();
        var rows = new List<IncomingRow>();
        var id = Read(delivered.Event, rows, faults) ?? delivered.EntryId;
        var writes = rows.ConvertAll(writer.WriteAsync);
        var retry = false;
        foreach (var write in writes)
        {
            try
            {
                await write;
            }
            catch (RowTooLargeException e)
            {
                faults.Add(Fault.TooLarge(e.Message));
            }
            catch (StateStoreException e)
            {
                Log.Retried(logger, id, e.Message);
                retry = true;
            }
            catch (Exception e)
            {
                // A sidecar delivers nothing else while it retries, so what will not mend by itself, such as a stored row
                // that cannot be read, must not be retried: it is kept in the dead-letter topic for a person.
                faults.Add(Fault.Invalid(e.Message));
            }
        }

        if (retry)
        {
            return EventStatus.Retry;
        }

        if (faults.Count == 0)
        {
            return EventStatus.Success;
        }

        Log.Dropped(logger, id, writes.Count(write => write.IsCompletedSuccessfully), string.Join(' ', faults.Take(10).Select(fault => fault.Detail)));
        return EventStatus.Drop;
    }

    /// <summary>Reads an event's rows. Those with faults are left out; the others go in.</summary>
    /// <returns>The event's own id, if it has one.</returns>
    private string? Read(JsonElement delivered, List<IncomingRow> rows, List<Fault> faults)
    {
        if (delivered.ValueKind == JsonValueKind.Undefined)
        {
            faults.Add(Fault.Malformed("The delivery has an entry without an event."));
            return null;
        }

        var payload = delivered.ValueKind == JsonValueKind.String && delivered.TryGetBytesFromBase64(out var bytes)
            ? bytes
            : System.Text.Encoding.UTF8.GetBytes(delivered.GetRawText());
        if (FeatureEvent.Read(payload, faults) is not { } feature)
        {
            return null;
        }

        if (feature.Expiration is { } expiration && expiration <= Timestamp.From(time.GetUtcNow()))
        {
            // Its publisher gave it a time to live, and a raw delivery leaves it to us to see that it is over.
            Log.Expired(logger, feature.Id ?? "");
            return feature.Id;
        }

        var context = options.Context(time) with { EventTimestamp = feature.Time };
        foreach (var text in JsonRows.Split(feature.Data, faults))
        {
            if (RowReader.Read(text, context, faults) is { } row)
            {
                rows.Add(row);
            }
        }

        return feature.Id;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Event {Id} is to be delivered again: {Reason}")]
        public static partial void Retried(ILogger logger, string id, string reason);

        [LoggerMessage(3, LogLevel.Information, "Event {Id} has expired and is passed over")]
        public static partial void Expired(ILogger logger, string id);

        [LoggerMessage(2, LogLevel.Error, "Event {Id} goes to the dead-letter topic; {Stored} of its rows were stored. {Reasons}")]
        public static partial void Dropped(ILogger logger, string id, int stored, string reasons);
    }
}
