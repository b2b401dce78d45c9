using System.Text.Json;

namespace FeatureStore.DevSidecar.PubSub.Delivery;

/// <summary>Reads the app's replies. They are strict: "success" in lower case is no success.</summary>
internal static class DeliveryReply
{
    /// <summary>A single delivery: 2xx without a readable status is success, 404 drops, everything else is retried.</summary>
    public static DeliveryOutcome Single(int status, ReadOnlyMemory<byte> body)
    {
        if (status == 404)
        {
            return DeliveryOutcome.Drop;
        }

        if (status is < 200 or > 299)
        {
            return DeliveryOutcome.Retry;
        }

        try
        {
            using var reply = JsonDocument.Parse(body);
            return reply.RootElement.ValueKind is JsonValueKind.Object
                && reply.RootElement.TryGetProperty("status", out var value)
                && value.ValueKind is JsonValueKind.String
                ? Outcome(value.GetString()!, DeliveryOutcome.Success)
                : DeliveryOutcome.Success;
        }
        catch (JsonException)
        {
            return DeliveryOutcome.Success;
        }
    }

    /// <summary>
    /// A bulk delivery, by entry id: an entry that a 2xx does not name is retried, and 404 settles all of them.
    /// Null: all entries are to be retried.
    /// </summary>
    public static Dictionary<string, DeliveryOutcome>? Bulk(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var reply = JsonDocument.Parse(body);
            if (reply.RootElement.ValueKind is not JsonValueKind.Object
                || !reply.RootElement.TryGetProperty("statuses", out var statuses)
                || statuses.ValueKind is not JsonValueKind.Array)
            {
                return null;
            }

            var outcomes = new Dictionary<string, DeliveryOutcome>(StringComparer.Ordinal);
            foreach (var status in statuses.EnumerateArray())
            {
                if (status.ValueKind is JsonValueKind.Object
                    && status.TryGetProperty("entryId", out var id) && id.ValueKind is JsonValueKind.String
                    && status.TryGetProperty("status", out var value) && value.ValueKind is JsonValueKind.String)
                {
                    outcomes[id.GetString()!] = Outcome(value.GetString()!, DeliveryOutcome.Retry);
                }
            }

            return outcomes;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static DeliveryOutcome Outcome(string status, DeliveryOutcome whenEmpty) => status switch
    {
        "SUCCESS" => DeliveryOutcome.Success,
        "DROP" => DeliveryOutcome.Drop,
        "" => whenEmpty,
        _ => DeliveryOutcome.Retry,
    };
}
