using System.Globalization;
using System.Text.Json;
using FeatureStore.Model;

namespace FeatureStore.FeatureApi.Feast;

/// <summary>Times as Feast's clients send them: ISO 8601 that means UTC where it has no zone, and seconds since 1970 for features.</summary>
internal static class FeastTime
{
    /// <summary>What a text that is no time should have looked like.</summary>
    public const string Expected = "an ISO 8601 time, in UTC unless it has an offset, such as 2026-11-23T10:00:00";

    /// <summary>pandas' not-a-time, the least int64, which reaches floats rounded.</summary>
    private const decimal MostNotATime = -9_223_372_036_854_770_000m;

    private const decimal MicrosecondsPerSecond = 1_000_000;

    private static readonly decimal Earliest = Timestamp.From(DateTimeOffset.MinValue).Microseconds / MicrosecondsPerSecond;
    private static readonly decimal Latest = Timestamp.From(DateTimeOffset.MaxValue).Microseconds / MicrosecondsPerSecond;

    /// <summary>Reads ISO 8601.</summary>
    public static bool TryParse(string text, out Timestamp time) =>
        Timestamp.TryParse(text, out time) || Timestamp.TryParse(text + "Z", out time) || (text.Length == 10 && Timestamp.TryParse(text + "T00:00:00Z", out time));

    /// <summary>Writes the value of a timestamp feature in the form in which it is stored; what is no time, as it stands, to be refused with all else.</summary>
    public static void WriteFeature(Utf8JsonWriter json, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.String && TryParse(value.GetString()!, out var time))
        {
            json.WriteStringValue(time.ToString());
        }
        else if (value.ValueKind == JsonValueKind.Number
            && decimal.TryParse(value.GetRawText(), NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds)
            && (seconds <= MostNotATime || (seconds >= Earliest && seconds <= Latest)))
        {
            if (seconds <= MostNotATime)
            {
                json.WriteNullValue();
            }
            else
            {
                json.WriteStringValue(new Timestamp((long)decimal.Floor(seconds * MicrosecondsPerSecond)).ToString());
            }
        }
        else
        {
            value.WriteTo(json);
        }
    }
}
