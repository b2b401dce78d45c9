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
        using var json = new Utf8JsonWriter(output, ReplyJson.Options);
        json.WriteStartObject();
        json.WriteStartObject("metadata"u8);
        json.WriteStartArray("feature_names"u8);
        foreach (var name in request.Keys.Columns.Select(column => column.Key.Name).Concat(request.Names))
        {
            json.WriteStringValue(name);
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteStartArray("results"u8);
        foreach (var column in request.Keys.Columns)
        {
            WriteKey(json, column);
        }

        var values = new FeastValueWriter(json);
        var statuses = new FeatureStatus[result.Rows.Count];
        var times = new RowTimes(result.Rows.Count);
        for (var column = 0; column < request.Names.Length; column++)
        {
            WriteFeature(json, values, result, column, statuses, times);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteKey(Utf8JsonWriter json, JoinKeyColumn column)
    {
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

    private static void WriteFeature(Utf8JsonWriter json, FeastValueWriter writer, QueryResult result, int column, FeatureStatus[] statuses, RowTimes times)
    {
        var type = result.Plan.Columns[column].Declared?.Type;
        json.WriteStartObject();
        json.WriteStartArray("values"u8);
        for (var row = 0; row < statuses.Length; row++)
        {
            statuses[row] = writer.Write(result.Rows[row][column], type);
        }

        json.WriteEndArray();
        json.WriteStartArray("statuses"u8);
        foreach (var status in statuses)
        {
            json.WriteStringValue(status.Utf8());
        }

        json.WriteEndArray();
        json.WriteStartArray("event_timestamps"u8);
        for (var row = 0; row < statuses.Length; row++)
        {
            // Where nothing is found, when it was deleted is no time of a value.
            json.WriteStringValue(
                statuses[row] != FeatureStatus.NotFound && result.Rows[row][column].Stamp is { } stamp ? times.TextOf(row, stamp.Event) : Epoch);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
