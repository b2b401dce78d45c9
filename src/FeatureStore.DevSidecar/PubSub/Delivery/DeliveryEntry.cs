using System.Globalization;
using System.Text.Json;
using FeatureStore.DevSidecar.Json;
using FeatureStore.DevSidecar.Resources;

namespace FeatureStore.DevSidecar.PubSub.Delivery;

/// <summary>A message made ready for the app.</summary>
internal sealed record DeliveryEntry(BrokerMessage Message, string EntryId, ReadOnlyMemory<byte> Body, string TraceParent)
{
    /// <summary>The message for the app, or why it cannot be delivered.</summary>
    public static (DeliveryEntry? Entry, string? Refusal) Prepare(BrokerMessage message, SubscriptionResource subscription, TimeProvider time)
    {
        var bulk = subscription.Bulk is not null;
        if (subscription.RawPayload)
        {
            var body = bulk ? message.Data : CloudEventEnvelope.WrapRaw(subscription.PubsubName, subscription.Topic, message.Data, message.Metadata);
            return (New(message, body, ""), null);
        }

        try
        {
            var reader = new Utf8JsonReader(message.Data.Span);
            var root = JsonElement.ParseValue(ref reader);
            if (root.ValueKind is not JsonValueKind.Object)
            {
                return (null, "it is no JSON object");
            }

            if (IsExpired(root, time))
            {
                return (null, "it has expired");
            }

            var traceParent = root.TryGetProperty("traceparent", out var trace) && trace.ValueKind is JsonValueKind.String ? trace.GetString()! : "";

            // daprd decodes the events of a bulk into interface{}: numbers pass through float64.
            return (New(message, GoJsonWriter.Rewrite(root, numbersAsFloat64: bulk), bulk ? "" : traceParent), null);
        }
        catch (Exception exception) when (exception is JsonException or NumberBeyondFloat64Exception)
        {
            return (null, exception.Message);
        }
    }

    private static DeliveryEntry New(BrokerMessage message, ReadOnlyMemory<byte> body, string traceParent) =>
        new(message, Guid.NewGuid().ToString(), body, traceParent);

    private static bool IsExpired(JsonElement root, TimeProvider time) =>
        root.TryGetProperty("expiration", out var expiration)
        && expiration.ValueKind is JsonValueKind.String
        && DateTimeOffset.TryParse(expiration.GetString(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
        && at <= time.GetUtcNow();
}
