using System.Buffers;
using System.Runtime.InteropServices;
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
        output.Write("{\"features\":"u8);
        WriteNames(output, result.Plan);
        output.Write(",\"rows\":["u8);

        // What most rows are.
        var allPresent = Encoding.UTF8.GetBytes($"[{string.Join(',', Enumerable.Repeat("\"PRESENT\"", result.Plan.Columns.Count))}]");
        for (var i = 0; i < result.RowCount; i++)
        {
            var row = result.Row(i);
            output.Write(i == 0 ? "{\"entity\":"u8 : ",{\"entity\":"u8);
            output.Write(JsonMarshal.GetRawUtf8Value(request.Entities[i]));
            output.Write(",\"values\":"u8);
            WriteValues(output, row);
            output.Write(",\"statuses\":"u8);
            if (AllPresent(row))
            {
                output.Write(allPresent);
            }
            else
            {
                WriteStatuses(output, row);
            }

            if (request.WithMetadata)
            {
                output.Write(","u8);
                WriteMetadata(output, result, row);
            }

            output.Write("}"u8);
        }

        output.Write("]}"u8);
    }

    private static void WriteNames(IBufferWriter<byte> output, QueryPlan plan)
    {
        using var json = new Utf8JsonWriter(output, ReplyJson.Options);
        json.WriteStartArray();
        foreach (var name in plan.Names())
        {
            json.WriteStringValue(name);
        }

        json.WriteEndArray();
    }

    /// <summary>Writes values, which are JSON texts already, in one go: a JSON writer looks at each byte of each.</summary>
    private static void WriteValues(IBufferWriter<byte> output, ReadOnlySpan<ServedValue> row)
    {
        const int Null = 4;
        var most = 2 + (row.Length * (Null + 1));
        foreach (ref readonly var value in row)
        {
            most += value.IsVector ? 0 : value.Text.Length;
        }

        var span = output.GetSpan(most);
        var at = 0;
        span[at++] = (byte)'[';
        for (var i = 0; i < row.Length; i++)
        {
            if (i > 0)
            {
                span[at++] = (byte)',';
            }

            ref readonly var value = ref row[i];
            if (value.IsVector)
            {
                output.Advance(at);
                value.Write(output);
                span = output.GetSpan(most);
                at = 0;
                continue;
            }

            var text = value.HasText ? value.Text.Span : "null"u8;
            text.CopyTo(span[at..]);
            at += text.Length;
        }

        span[at++] = (byte)']';
        output.Advance(at);
    }

    private static bool AllPresent(ReadOnlySpan<ServedValue> row)
    {
        foreach (ref readonly var value in row)
        {
            if (value.Status != FeatureStatus.Present)
            {
                return false;
            }
        }

        return true;
    }

    private static void WriteStatuses(IBufferWriter<byte> output, ReadOnlySpan<ServedValue> row)
    {
        for (var i = 0; i < row.Length; i++)
        {
            output.Write(i == 0 ? "[\""u8 : ",\""u8);
            output.Write(row[i].Status.Utf8());
            output.Write("\""u8);
        }

        output.Write("]"u8);
    }

    /// <summary>Writes the members that tell more of each value.</summary>
    private static void WriteMetadata(IBufferWriter<byte> output, QueryResult result, ReadOnlySpan<ServedValue> row)
    {
        var members = new ArrayBufferWriter<byte>(128 * row.Length);
        using (var json = new Utf8JsonWriter(members, ReplyJson.Options))
        {
            json.WriteStartObject();
            WriteMetadata(json, result, row);
            json.WriteEndObject();
        }

        output.Write(members.WrittenSpan[1..^1]);
    }

    private static void WriteMetadata(Utf8JsonWriter json, QueryResult result, ReadOnlySpan<ServedValue> row)
    {
        json.WriteStartArray("event_timestamps"u8);
        foreach (ref readonly var value in row)
        {
            ReplyTime.WriteValue(json, value.Stamp?.Event);
        }

        json.WriteEndArray();
        json.WriteStartArray("expires_at"u8);
        foreach (ref readonly var value in row)
        {
            ReplyTime.WriteValue(json, value.Expiry);
        }

        json.WriteEndArray();
        json.WriteStartArray("age_seconds"u8);
        foreach (ref readonly var value in row)
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
