using System.Buffers;
using System.Text;
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
        // What most rows are.
        var allPresent = Encoding.UTF8.GetBytes($"[{string.Join(',', Enumerable.Repeat("\"PRESENT\"", result.Plan.Columns.Count))}]");
        var row = new ArrayBufferWriter<byte>(64 * Math.Max(1, result.Plan.Columns.Count));
        for (var i = 0; i < result.Rows.Count; i++)
        {
            json.WriteStartObject();
            json.WritePropertyName("entity"u8);
            request.Entities[i].WriteTo(json);
            json.WritePropertyName("values"u8);
            WriteRaw(json, row, result.Rows[i], static (buffer, value) => value.Write(buffer));
            json.WritePropertyName("statuses"u8);
            if (Array.TrueForAll(result.Rows[i], value => value.Status == FeatureStatus.Present))
            {
                json.WriteRawValue(allPresent, skipInputValidation: true);
            }
            else
            {
                WriteRaw(json, row, result.Rows[i], static (buffer, value) => WriteStatus(buffer, value.Status));
            }

            if (request.WithMetadata)
            {
                WriteMetadata(json, result, result.Rows[i]);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>Writes an array of texts that are JSON already, without a call of the JSON writer for each.</summary>
    private static void WriteRaw(Utf8JsonWriter json, ArrayBufferWriter<byte> row, ServedValue[] values, Action<IBufferWriter<byte>, ServedValue> write)
    {
        row.ResetWrittenCount();
        row.Write("["u8);
        for (var i = 0; i < values.Length; i++)
        {
            if (i > 0)
            {
                row.Write(","u8);
            }

            write(row, values[i]);
        }

        row.Write("]"u8);
        json.WriteRawValue(row.WrittenSpan, skipInputValidation: true);
    }

    private static void WriteStatus(IBufferWriter<byte> buffer, FeatureStatus status)
    {
        buffer.Write("\""u8);
        buffer.Write(status.Utf8());
        buffer.Write("\""u8);
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
        json.WriteStartArray("stale"u8);
        for (var i = 0; i < row.Length; i++)
        {
            if (row[i].IsStale(result.Plan.Views[result.Plan.Columns[i].View].Freshness, result.Now) is { } isStale)
            {
                json.WriteBooleanValue(isStale);
            }
            else
            {
                json.WriteNullValue();
            }
        }

        json.WriteEndArray();
    }
}
