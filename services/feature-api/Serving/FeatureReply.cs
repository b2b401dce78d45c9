using System.Buffers;
using System.Text.Json;
using FeatureStore.Hosting.Errors;
using FeatureStore.Model;

namespace FeatureStore.FeatureApi.Serving;

/// <summary>Writes <c>{"entity_id":"123","features":{…}}</c>, with <c>"keys":[…]</c> for composite ids.</summary>
internal static class FeatureReply
{
    /// <summary>A reply whose features are copied as they stand in the document.</summary>
    public static void Write(IBufferWriter<byte> output, FeatureQuery query, ReadOnlySpan<byte> features)
    {
        using var json = new Utf8JsonWriter(output, ReplyJson.Options);
        json.WriteStartObject();
        WriteKeys(json, query.Keys);
        json.WritePropertyName("features"u8);
        json.WriteRawValue(features, skipInputValidation: true);
        json.WriteEndObject();
    }

    /// <summary>A reply with the live ones of the features, and what is known of all of them where that is asked for.</summary>
    public static void Write(IBufferWriter<byte> output, FeatureQuery query, IReadOnlyList<ServedFeature> features)
    {
        using var json = new Utf8JsonWriter(output, ReplyJson.Options);
        json.WriteStartObject();
        WriteKeys(json, query.Keys);
        json.WriteStartObject("features"u8);
        foreach (var feature in features)
        {
            if (feature.IsLive)
            {
                json.WritePropertyName(feature.Name.Span);
                json.WriteRawValue(feature.Value.Span, skipInputValidation: true);
            }
        }

        json.WriteEndObject();
        if (query.WithMetadata)
        {
            json.WriteStartObject("metadata"u8);
            foreach (var feature in features)
            {
                WriteMetadata(json, feature);
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteKeys(Utf8JsonWriter json, IReadOnlyList<string> keys)
    {
        if (keys.Count == 1)
        {
            json.WriteString("entity_id"u8, keys[0]);
            return;
        }

        json.WriteStartArray("keys"u8);
        foreach (var key in keys)
        {
            json.WriteStringValue(key);
        }

        json.WriteEndArray();
    }

    private static void WriteMetadata(Utf8JsonWriter json, in ServedFeature feature)
    {
        json.WriteStartObject(feature.Name.Span);
        json.WriteString("view"u8, feature.View);
        json.WriteString("status"u8, feature.Status switch
        {
            FeatureStatus.Present => "PRESENT"u8,
            FeatureStatus.NullValue => "NULL_VALUE"u8,
            FeatureStatus.OutsideMaxAge => "OUTSIDE_MAX_AGE"u8,
            _ => "NOT_FOUND"u8,
        });
        WriteTime(json, "event_timestamp"u8, feature.Stamp?.Event);
        WriteTime(json, "created_timestamp"u8, feature.Stamp?.Created);
        WriteTime(json, "expires_at"u8, feature.Expiry == Timestamp.Never ? null : feature.Expiry);
        json.WriteEndObject();
    }

    private static void WriteTime(Utf8JsonWriter json, ReadOnlySpan<byte> member, Timestamp? time)
    {
        if (time is not { } known)
        {
            json.WriteNull(member);
            return;
        }

        Span<byte> text = stackalloc byte[Timestamp.MaxFormattedLength];
        known.TryFormat(text, out var written);
        json.WriteString(member, text[..written]);
    }
}
