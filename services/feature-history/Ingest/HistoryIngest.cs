using FeatureStore.Dapr;
using FeatureStore.History;
using FeatureStore.Hosting.Events;
using FeatureStore.Model;

namespace FeatureStore.FeatureHistory.Ingest;

/// <summary>Writes the rows of delivered events to files, which are on disk before a delivery is acknowledged.</summary>
internal sealed partial class HistoryIngest(
    HistoryWriter writer, RegistryWatch registry, UnreadableEvents unreadable, HistoryMetrics metrics, TimeProvider time, ILogger<HistoryIngest> logger)
{
    /// <summary>Takes events, all of them or none: until their rows are on disk they are to be delivered again.</summary>
    public async Task<EventStatus[]> TakeAsync(IReadOnlyList<DeliveredEvent> events)
    {
        var rows = new List<AcceptedRow>();
        try
        {
            foreach (var delivered in events)
            {
                try
                {
                    rows.AddRange(HistoryEvent.Read(delivered.Payload));
                }
                catch (FormatException e)
                {
                    // It would never be read, and hold up all that come after it.
                    Log.Unreadable(logger, await unreadable.KeepAsync(delivered.Payload), e.Message);
                    metrics.Unreadable();
                }
            }

            var applied = await registry.GetAsync(CancellationToken.None);
            if (rows.Count > 0)
            {
                // Given up by the sidecar it would only come again; finished, it comes again as what is there already.
                await writer.WriteAsync(rows, applied.Registry, CancellationToken.None);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or StateStoreException)
        {
            Log.Retried(logger, events.Count, e.Message);
            metrics.Failed(rows);
            return Statuses(events, EventStatus.Retry);
        }

        metrics.Written(rows, Timestamp.From(time.GetUtcNow()));
        return Statuses(events, EventStatus.Success);
    }

    private static EventStatus[] Statuses(IReadOnlyList<DeliveredEvent> events, string status) =>
        [.. events.Select(delivered => new EventStatus(delivered.EntryId, status))];

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "{Count} events are to be delivered again: {Reason}")]
        public static partial void Retried(ILogger logger, int count, string reason);

        [LoggerMessage(2, LogLevel.Error, "An event cannot be read and is kept as {Path}: {Reason}")]
        public static partial void Unreadable(ILogger logger, string path, string reason);
    }
}
