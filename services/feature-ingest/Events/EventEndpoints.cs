using FeatureStore.Hosting.Access;
using FeatureStore.Hosting.Events;

namespace FeatureStore.FeatureIngest.Events;

/// <summary>Where the sidecar delivers topic <c>feature-updates</c>, many events a request.</summary>
internal static class EventEndpoints
{
    /// <summary>The topic of rows.</summary>
    public const string Topic = "feature-updates";

    public static void MapEvents(this WebApplication app) =>
        app.MapPost($"/events/{Topic}", PostAsync).Needs(Right.Sidecar).DisableRequestTimeout().ExcludeFromDescription();

    private static async Task PostAsync(HttpContext context, EventIngest ingest)
    {
        if (await Delivery.ReadAsync(context) is { } events)
        {
            await Delivery.ReplyAsync(context, await ingest.TakeAsync(events));
        }
    }
}
