using System.Text.Json;
using FeatureStore.Hosting.Bodies;
using FeatureStore.Hosting.Errors;
using FeatureStore.Model;
using Microsoft.AspNetCore.Http;

namespace FeatureStore.Hosting.Events;

/// <summary>A delivery as it comes over HTTP, and its answer.</summary>
public static class Delivery
{
    /// <summary>
    /// Above what a sidecar gathers in one delivery: maxMessagesCount (100) events of 4 MiB, in base64. A delivery that was
    /// refused for its size would only come again.
    /// </summary>
    private const int MaxBytes = 600 * 1024 * 1024;

    /// <summary>Reads the events of a delivery.</summary>
    /// <returns>The events; null if it is none, and has been answered so.</returns>
    public static async Task<IReadOnlyList<DeliveredEvent>?> ReadAsync(HttpContext context)
    {
        List<DeliveredEvent>? events = null;
        string? fault = null;
        using (var body = await BodyReader.ReadPooledAsync(context, MaxBytes))
        {
            try
            {
                events = BulkDelivery.Read(body.Written.Span);
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException)
            {
                // The latter for half a surrogate pair.
                fault = e.Message;
            }
        }

        if (events is null)
        {
            await Problems.WriteAsync(context, Problems.Of([Fault.Malformed(
                fault ?? "A bulk delivery with 'entries' is expected: the subscription must enable bulkSubscribe.")]));
        }

        return events;
    }

    /// <summary>Answers a delivery.</summary>
    public static async Task ReplyAsync(HttpContext context, IReadOnlyList<EventStatus> statuses)
    {
        context.Response.ContentType = "application/json";
        await JsonSerializer.SerializeAsync(
            context.Response.Body, new BulkDeliveryReply(statuses), DeliveryJson.Default.BulkDeliveryReply, context.RequestAborted);
    }
}
