using System.Text;
using System.Text.Json;

namespace FeatureStore.FeatureIngest.Events;

/// <summary>What a Dapr sidecar delivers of a topic at once.</summary>
internal sealed record BulkDelivery(IReadOnlyList<DeliveredEvent>? Entries);

/// <summary>One event of a delivery. A raw subscription carries the broker's exact bytes as base64.</summary>
internal sealed record DeliveredEvent(string EntryId, JsonElement Event)
{
    /// <summary>The broker's bytes; null if the entry has no event.</summary>
    public ReadOnlyMemory<byte>? Payload() => Event.ValueKind == JsonValueKind.Undefined
        ? null
        : Event.ValueKind == JsonValueKind.String && Event.TryGetBytesFromBase64(out var bytes)
            ? bytes
            : Encoding.UTF8.GetBytes(Event.GetRawText());
}

/// <summary>The answer to a delivery. It names every event: one that is missing counts as failed.</summary>
internal sealed record BulkDeliveryReply(IReadOnlyList<EventStatus> Statuses);

/// <summary>What became of an event: <c>SUCCESS</c>, <c>RETRY</c> or <c>DROP</c>, which ends in the dead-letter topic.</summary>
internal sealed record EventStatus(string EntryId, string Status)
{
    public const string Success = "SUCCESS";
    public const string Retry = "RETRY";
    public const string Drop = "DROP";
}
