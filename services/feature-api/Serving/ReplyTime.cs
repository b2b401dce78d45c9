using System.Text.Json;
using FeatureStore.Model;

namespace FeatureStore.FeatureApi.Serving;

/// <summary>How replies write times and ages.</summary>
internal static class ReplyTime
{
    /// <summary>How old what was true at a time is.</summary>
    public static TimeSpan Age(Timestamp eventTimestamp, Timestamp now) => TimeSpan.FromMicroseconds(now.Microseconds - eventTimestamp.Microseconds);

    /// <summary>Writes a time as RFC 3339, or null.</summary>
    public static void Write(Utf8JsonWriter json, ReadOnlySpan<byte> member, Timestamp? time)
    {
        json.WritePropertyName(member);
        WriteValue(json, time);
    }

    /// <summary>Writes a time as RFC 3339, or null, as an element of an array.</summary>
    public static void WriteValue(Utf8JsonWriter json, Timestamp? time)
    {
        if (time is not { } known || known == Timestamp.Never)
        {
            json.WriteNullValue();
            return;
        }

        Span<byte> text = stackalloc byte[Timestamp.MaxFormattedLength];
        known.TryFormat(text, out var written);
        json.WriteStringValue(text[..written]);
    }

    /// <summary>Writes an age in seconds, to the millisecond, or null.</summary>
    public static void WriteAge(Utf8JsonWriter json, ReadOnlySpan<byte> member, Timestamp? eventTimestamp, Timestamp now)
    {
        json.WritePropertyName(member);
        WriteAgeValue(json, eventTimestamp, now);
    }

    /// <summary>Writes an age in seconds, to the millisecond, or null, as an element of an array.</summary>
    public static void WriteAgeValue(Utf8JsonWriter json, Timestamp? eventTimestamp, Timestamp now)
    {
        if (eventTimestamp is { } known)
        {
            json.WriteNumberValue(Math.Round(Age(known, now).TotalSeconds, 3));
        }
        else
        {
            json.WriteNullValue();
        }
    }
}
