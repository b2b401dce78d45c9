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
    public static void Write(IBufferWriter<byte> output, FeatureQuery query, IReadOnlyList<ServedFeature> features, Timestamp now)
    {
        using var json = new Utf8JsonWriter(output, ReplyJson.Options);
        json.WriteStartObject();
        WriteKeys(json, query.Keys);
        json.WriteStartObject("features"u8);
        foreach (var feature in features)
        {
            if (feature.Value.HasText)
            {
                json.WritePropertyName(feature.Name.Span);
                feature.Value.Write(json);
            }
        }

        json.WriteEndObject();
        if (query.WithMetadata)
        {
            json.WriteStartObject("metadata"u8);
            foreach (var feature in features)
            {
                WriteMetadata(json, feature, now);
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

    private static void WriteMetadata(Utf8JsonWriter json, in ServedFeature feature, Timestamp now)
    {
        var value = feature.Value;
        json.WriteStartObject(feature.Name.Span);
        json.WriteString("view"u8, feature.View.Name);
        json.WriteString("status"u8, value.Status.Utf8());
        ReplyTime.Write(json, "event_timestamp"u8, value.Stamp?.Event);
        ReplyTime.Write(json, "created_timestamp"u8, value.Stamp?.Created);
        ReplyTime.Write(json, "expires_at"u8, value.Expiry == Timestamp.Never ? null : value.Expiry);
        ReplyTime.WriteAge(json, "age_seconds"u8, value.Stamp?.Event, now);
        if (value.IsStale(feature.View.Freshness, now) is { } isStale)
        {
            json.WriteBoolean("stale"u8, isStale);
        }

        json.WriteEndObject();
    }
}
