using System.Buffers;
using System.Text.Json;
using FeatureStore.FeatureApi.Query;
using FeatureStore.FeatureApi.Serving;
using FeatureStore.Hosting.Errors;
using FeatureStore.Model;

namespace FeatureStore.FeatureApi.Feast;

/// <summary>Writes an answer by columns: <c>{"metadata":{"feature_names":[…]},"results":[{"values":[…],"statuses":[…],"event_timestamps":[…]}]}</c>.</summary>
internal static class OnlineFeaturesReply
{
    /// <summary>What Feast says where there is no time.</summary>
    private static ReadOnlySpan<byte> Epoch => "1970-01-01T00:00:00Z"u8;

    public static void Write(IBufferWriter<byte> output, OnlineFeaturesRequest request, QueryResult result)
    {
        output.Write("{\"metadata\":{\"feature_names\":"u8);
        WriteNames(output, request);
        output.Write("},\"results\":["u8);
        var isFirst = true;
        foreach (var column in request.Keys.Columns)
        {
            Separate(output, ref isFirst);
            WriteKey(output, column);
        }

        var values = new FeastValueWriter(output);
        var statuses = new FeatureStatus[result.RowCount];
        var times = new RowTimes(result.RowCount);
        for (var column = 0; column < request.Names.Length; column++)
        {
            Separate(output, ref isFirst);
            WriteFeature(output, values, result, column, statuses, times);
        }

        output.Write("]}"u8);
    }

    private static void Separate(IBufferWriter<byte> output, ref bool isFirst)
    {
        output.Write(isFirst ? default : ","u8);
        isFirst = false;
    }

    private static void WriteNames(IBufferWriter<byte> output, OnlineFeaturesRequest request)
    {
        using var json = new Utf8JsonWriter(output, ReplyJson.Options);
        json.WriteStartArray();
        foreach (var name in request.Keys.Columns.Select(column => column.Key.Name).Concat(request.Names))
        {
            json.WriteStringValue(name);
        }

        json.WriteEndArray();
    }

    private static void WriteKey(IBufferWriter<byte> output, JoinKeyColumn column)
    {
        using var json = new Utf8JsonWriter(output, ReplyJson.Options);
        json.WriteStartObject();
        json.WriteStartArray("values"u8);
        for (var row = 0; row < column.Values.Length; row++)
        {
            column.Write(json, row);
        }

        json.WriteEndArray();
        json.WriteStartArray("statuses"u8);
        foreach (var _ in column.Values)
        {
            json.WriteStringValue(FeatureStatus.Present.Utf8());
        }

        json.WriteEndArray();
        json.WriteStartArray("event_timestamps"u8);
        foreach (var _ in column.Values)
        {
            json.WriteStringValue(Epoch);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>Writes a column by hand: it is most of the reply, and a JSON writer looks at each byte of each value.</summary>
    private static void WriteFeature(IBufferWriter<byte> output, FeastValueWriter writer, QueryResult result, int column, FeatureStatus[] statuses, RowTimes times)
    {
        var type = result.Plan.Columns[column].Declared?.Type;
        output.Write("{\"values\":["u8);
        for (var row = 0; row < statuses.Length; row++)
        {
            output.Write(row == 0 ? default : ","u8);
            statuses[row] = writer.Write(result.Row(row)[column], type);
        }

        output.Write("],\"statuses\":["u8);
        for (var row = 0; row < statuses.Length; row++)
        {
            WriteText(output, row, statuses[row].Utf8());
        }

        output.Write("],\"event_timestamps\":["u8);
        for (var row = 0; row < statuses.Length; row++)
        {
            // Where nothing is found, when it was deleted is no time of a value.
            WriteText(output, row, statuses[row] != FeatureStatus.NotFound && result.Row(row)[column].Stamp is { } stamp ? times.TextOf(row, stamp.Event) : Epoch);
        }

        output.Write("]}"u8);
    }

    /// <summary>Writes an element of an array: a text in which nothing needs to be escaped.</summary>
    private static void WriteText(IBufferWriter<byte> output, int at, ReadOnlySpan<byte> text)
    {
        var span = output.GetSpan(text.Length + 3);
        var start = 0;
        if (at > 0)
        {
            span[start++] = (byte)',';
        }

        span[start++] = (byte)'"';
        text.CopyTo(span[start..]);
        span[start + text.Length] = (byte)'"';
        output.Advance(start + text.Length + 1);
    }
}
