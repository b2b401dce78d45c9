using System.Text;
using System.Text.Json;

namespace FeatureStore.Hosting.Events;

/// <summary>What a Dapr sidecar delivers of a topic at once.</summary>
internal sealed record BulkDelivery(IReadOnlyList<DeliveredEvent>? Entries);

/// <summary>One event of a delivery. A raw subscription carries the broker's exact bytes as base64.</summary>
public sealed record DeliveredEvent(string EntryId, JsonElement Event)
{
    /// <summary>The broker's bytes; none if the entry has no event.</summary>
    public ReadOnlyMemory<byte> Payload { get; } = Event.ValueKind == JsonValueKind.Undefined
        ? default
        : Event.ValueKind == JsonValueKind.String && Event.TryGetBytesFromBase64(out var bytes)
            ? bytes
            : Encoding.UTF8.GetBytes(Event.GetRawText());
}

/// <summary>The answer to a delivery. It names every event: one that is missing counts as failed.</summary>
internal sealed record BulkDeliveryReply(IReadOnlyList<EventStatus> Statuses);

/// <summary>
/// What became of an event: <c>SUCCESS</c> or <c>RETRY</c>. Never <c>DROP</c>, with which daprd 1.18 may dead-letter another
/// event of the delivery than this one.
/// </summary>
public sealed record EventStatus(string EntryId, string Status)
{
    /// <summary>It is done.</summary>
    public const string Success = "SUCCESS";
    /// <summary>It is to be delivered again.</summary>
    public const string Retry = "RETRY";
}
