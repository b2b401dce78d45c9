using System.Buffers;
using System.Text.Json;
using FeatureStore.FeatureApi.Serving;
using FeatureStore.Hosting.Errors;

namespace FeatureStore.FeatureApi.Query;

/// <summary>Writes <c>{"features":[names],"rows":[{"entity":{…},"values":[…],"statuses":[…]}]}</c>.</summary>
internal static class QueryReply
{
    public static void Write(IBufferWriter<byte> output, QueryRequest request, QueryResult result)
    {
        using var json = new Utf8JsonWriter(output, ReplyJson.Options);
        json.WriteStartObject();
        json.WriteStartArray("features"u8);
        foreach (var name in result.Plan.Names())
        {
            json.WriteStringValue(name);
        }

        json.WriteEndArray();
        json.WriteStartArray("rows"u8);
        for (var i = 0; i < result.Rows.Count; i++)
        {
            json.WriteStartObject();
            json.WritePropertyName("entity"u8);
            request.Entities[i].WriteTo(json);
            WriteRow(json, result, result.Rows[i], request.WithMetadata);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteRow(Utf8JsonWriter json, QueryResult result, ServedValue[] row, bool withMetadata)
    {
        json.WriteStartArray("values"u8);
        foreach (ref readonly var value in row.AsSpan())
        {
            value.Write(json);
        }

        json.WriteEndArray();
        json.WriteStartArray("statuses"u8);
        foreach (ref readonly var value in row.AsSpan())
        {
            json.WriteStringValue(value.Status.Utf8());
        }

        json.WriteEndArray();
        if (withMetadata)
        {
            WriteMetadata(json, result, row);
        }
    }

    private static void WriteMetadata(Utf8JsonWriter json, QueryResult result, ServedValue[] row)
    {
        json.WriteStartArray("event_timestamps"u8);
        foreach (ref readonly var value in row.AsSpan())
        {
            ReplyTime.WriteValue(json, value.Stamp?.Event);
        }

        json.WriteEndArray();
        json.WriteStartArray("expires_at"u8);
        foreach (ref readonly var value in row.AsSpan())
        {
            ReplyTime.WriteValue(json, value.Expiry);
        }

        json.WriteEndArray();
        json.WriteStartArray("age_seconds"u8);
        foreach (ref readonly var value in row.AsSpan())
        {
            ReplyTime.WriteAgeValue(json, value.Stamp?.Event, result.Now);
        }

        json.WriteEndArray();
    }
}
