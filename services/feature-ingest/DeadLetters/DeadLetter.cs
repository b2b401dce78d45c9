using System.Buffers;
using System.Text;
using System.Text.Json.Serialization;
using System.Text.Unicode;
using FeatureStore.Model;

namespace FeatureStore.FeatureIngest.DeadLetters;

/// <summary>An event that could not be taken in, kept for a person to look at.</summary>
internal sealed record DeadLetter
{
    /// <summary>What text does not have, and what JSON would need six bytes for.</summary>
    private static readonly SearchValues<byte> NotText =
        SearchValues.Create([.. Enumerable.Range(0, 0x20).Select(b => (byte)b).Except("\t\r\n"u8.ToArray()), 0x7F]);

    /// <summary>The version of the document's format.</summary>
    public int Version { get; init; } = 1;

    /// <summary>Its number: greater than those before it, and never given twice.</summary>
    public required long Number { get; init; }

    /// <summary>When it was received, RFC 3339. Rows without a time of their own are true as of then.</summary>
    public required string ReceivedAt { get; init; }

    /// <summary>The CloudEvent's id, if it came in one.</summary>
    public string? EventId { get; init; }

    /// <summary>Why it could not be taken in.</summary>
    public required IReadOnlyList<string> Reasons { get; init; }

    /// <summary>How many bytes the event has.</summary>
    public required int EventBytes { get; init; }

    /// <summary>Whether the event is too large to be kept, so that only its beginning is there.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool IsTruncated { get; init; }

    /// <summary>The broker's bytes, where they are text.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Event { get; init; }

    /// <summary>The broker's bytes, where they are not.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public byte[]? EventBase64 { get; init; }

    /// <summary>The event as it came.</summary>
    [JsonIgnore]
    public ReadOnlyMemory<byte> Payload => Event is null ? EventBase64 ?? [] : Encoding.UTF8.GetBytes(Event);

    /// <summary>The letter with an event in it, or as much of the event as may be kept.</summary>
    public DeadLetter With(ReadOnlyMemory<byte> payload, int maxBytes)
    {
        var kept = payload[..Math.Min(payload.Length, maxBytes)];
        var isText = Utf8.IsValid(payload.Span) && !payload.Span.ContainsAny(NotText);
        return this with
        {
            EventBytes = payload.Length,
            IsTruncated = kept.Length < payload.Length,
            // What is cut in the middle of a character ends in a replacement character.
            Event = isText ? Encoding.UTF8.GetString(kept.Span) : null,
            EventBase64 = isText ? null : kept.ToArray(),
        };
    }

    /// <summary>When it was received.</summary>
    public Timestamp Received() => Timestamp.TryParse(ReceivedAt, out var time) ? time : default;
}
