using FeatureStore.Dapr;
using FeatureStore.Hosting.Access;
using FeatureStore.Hosting.Events;

namespace FeatureStore.FeatureHistory.Ingest;

/// <summary>Where the sidecar delivers topic <c>feature-history</c>, many events a request.</summary>
internal static class HistoryEndpoints
{
    public static void MapHistoryEvents(this WebApplication app) =>
        app.MapPost($"/events/{HistoryLog.Topic}", PostAsync).Needs(Right.Sidecar).DisableRequestTimeout().ExcludeFromDescription();

    private static async Task PostAsync(HttpContext context, HistoryIngest ingest)
    {
        if (await Delivery.ReadAsync(context) is { } events)
        {
            await Delivery.ReplyAsync(context, await ingest.TakeAsync(events));
        }
    }
}
