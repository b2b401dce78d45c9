using System.Text.Json;
using FeatureStore.FeatureIngest.Bodies;
using FeatureStore.Hosting.Errors;
using FeatureStore.Model;

namespace FeatureStore.FeatureIngest.Events;

/// <summary>Where the sidecar delivers topic <c>feature-updates</c>, many events a request.</summary>
internal static class EventEndpoints
{
    /// <summary>Above what a sidecar gathers in one delivery.</summary>
    private const int MaxDeliveryBytes = 256 * 1024 * 1024;

    public static void MapEvents(this WebApplication app) =>
        app.MapPost("/events/feature-updates", PostAsync).ExcludeFromDescription();

    private static async Task PostAsync(HttpContext context, EventIngest ingest)
    {
        var body = await BodyReader.ReadAsync(context, MaxDeliveryBytes);
        BulkDelivery? delivery = null;
        string? fault = null;
        try
        {
            delivery = JsonSerializer.Deserialize(body.Span, DeliveryJson.Default.BulkDelivery);
        }
        catch (JsonException e)
        {
            fault = e.Message;
        }

        if (delivery?.Entries is null)
        {
            await Problems.WriteAsync(context, Problems.Of([Fault.Malformed(
                fault ?? "A bulk delivery with 'entries' is expected: the subscription must enable bulkSubscribe.")]));
            return;
        }

        var statuses = await ingest.TakeAsync(delivery.Entries);
        context.Response.ContentType = "application/json";
        await JsonSerializer.SerializeAsync(
            context.Response.Body, new BulkDeliveryReply(statuses), DeliveryJson.Default.BulkDeliveryReply, context.RequestAborted);
    }
}
