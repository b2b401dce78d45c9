using System.Text.Json;

namespace FeatureStore.Hosting.Events;

/// <summary>One event of a delivery.</summary>
/// <param name="EntryId">By what the sidecar knows it, in this delivery.</param>
/// <param name="Payload">The broker's bytes; none if the entry has no event.</param>
public sealed record DeliveredEvent(string EntryId, ReadOnlyMemory<byte> Payload);

/// <summary>What a Dapr sidecar delivers of a topic at once.</summary>
internal static class BulkDelivery
{
    private static readonly JsonReaderOptions ReaderOptions = new() { MaxDepth = 128 };

    /// <summary>Reads the events of a delivery. A raw subscription carries the broker's exact bytes as base64.</summary>
    /// <returns>The events; null if the text has no entries.</returns>
    /// <exception cref="JsonException">The text is not JSON, or no delivery.</exception>
    public static List<DeliveredEvent>? Read(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, ReaderOptions);
        List<DeliveredEvent>? events = null;
        Expect(ref reader, JsonTokenType.StartObject);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (!reader.ValueTextEquals("entries"u8))
            {
                reader.Skip();
                continue;
            }

            events = [];
            Expect(ref reader, JsonTokenType.StartArray);
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                events.Add(ReadEntry(ref reader, json));
            }
        }

        // Whatever comes behind the object makes it no JSON.
        reader.Read();
        return events;
    }

    private static DeliveredEvent ReadEntry(ref Utf8JsonReader reader, ReadOnlySpan<byte> json)
    {
        string? entryId = null;
        byte[]? payload = null;
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException("An entry of a delivery must be an object.");
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isEntryId = reader.ValueTextEquals("entryId"u8);
            var isEvent = reader.ValueTextEquals("event"u8);
            reader.Read();
            if (isEntryId && reader.TokenType == JsonTokenType.String)
            {
                entryId = reader.GetString();
            }
            else if (isEvent && reader.TokenType == JsonTokenType.String && reader.TryGetBytesFromBase64(out var bytes))
            {
                payload = bytes;
            }
            else if (isEvent && reader.TokenType != JsonTokenType.Null)
            {
                var start = (int)reader.TokenStartIndex;
                reader.Skip();
                payload = json[start..(int)reader.BytesConsumed].ToArray();
            }
            else
            {
                reader.Skip();
            }
        }

        return new DeliveredEvent(entryId ?? throw new JsonException("An entry of a delivery lacks its entryId."), payload);
    }

    private static void Expect(ref Utf8JsonReader reader, JsonTokenType type)
    {
        reader.Read();
        if (reader.TokenType != type)
        {
            throw new JsonException("A delivery must be an object with an array of entries.");
        }
    }
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
