using FeatureStore.Dapr;
using FeatureStore.FeatureApi.Streaming;
using FeatureStore.Hosting.Access;
using FeatureStore.Hosting.Events;

namespace FeatureStore.FeatureApi.Resident;

/// <summary>Where the sidecar delivers topic <c>feature-changes</c>, many events a request.</summary>
internal static partial class ChangeEndpoints
{
    public static void MapChanges(this WebApplication app) =>
        app.MapPost($"/events/{ChangePublisher.Topic}", PostAsync).Needs(Right.Sidecar).DisableRequestTimeout().ExcludeFromDescription();

    private static async Task PostAsync(
        HttpContext context, RowSource rows, StreamHub streams, ChangeCurrency currency, ResidentMetrics metrics, ILogger<RowSource> logger)
    {
        if (await Delivery.ReadAsync(context) is not { } events)
        {
            return;
        }

        foreach (var delivered in events)
        {
            try
            {
                var change = ChangeEvent.Read(delivered.Payload);

                // In this order: once the event counts as heard, what it tells is in memory.
                rows.Apply(change.Rows);
                metrics.Changed(change.Rows.Count);
                currency.Heard(change);
                streams.Changed(change.Rows);
            }
            catch (Exception e)
            {
                // Whatever is wrong with it must not keep those behind it from being taken. It would come again and again, and what it told of is lost here all the same.
                Log.Unreadable(logger, e.Message);
                currency.BeginGeneration();
                metrics.Generation("an event could not be read");
            }
        }

        await Delivery.ReplyAsync(context, [.. events.Select(delivered => new EventStatus(delivered.EntryId, EventStatus.Success))]);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "An event of changed rows cannot be read, so all rows are read anew: {Reason}")]
        public static partial void Unreadable(ILogger logger, string reason);
    }
}
