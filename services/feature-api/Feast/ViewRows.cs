using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using FeatureStore.Hosting.Errors;
using FeatureStore.Model;

namespace FeatureStore.FeatureApi.Feast;

/// <summary>The rows of a data frame that go to one view, written as rows go over the wire to feature-ingest.</summary>
internal sealed class ViewRows
{
    public const string EventColumn = "event_timestamp";
    public const string CreatedColumn = "created";

    private readonly ColumnSet _data;
    private readonly (string Name, JsonElement[] Values)[] _keys;
    private readonly (byte[] Name, FeatureType? Type, JsonElement[] Values)[] _features;
    private readonly string _view;
    private readonly string _now;

    private ViewRows(string view, ColumnSet data, (string Name, JsonElement[] Values)[] keys, (byte[] Name, FeatureType? Type, JsonElement[] Values)[] features, Timestamp now)
    {
        _view = view;
        _data = data;
        _keys = keys;
        _features = features;
        _now = now.ToString();
    }

    public int Count => _data.Rows;

    /// <summary>Whether the data has a feature of the view.</summary>
    public bool HasFeatures => _features.Length > 0;

    /// <summary>Takes the columns of a view from a data frame.</summary>
    /// <param name="view">The view.</param>
    /// <param name="schema">What is declared of it; null where nothing is declared at all.</param>
    /// <param name="data">The data frame.</param>
    /// <param name="now">The time of rows that have none: one for all, and for every attempt to send them.</param>
    /// <param name="refusal">Receives what is missing.</param>
    public static ViewRows? Of(string view, ViewSchema? schema, ColumnSet data, Timestamp now, FeastRefusal refusal)
    {
        var keys = JoinKeyColumn.KeysOf(schema);
        foreach (var key in keys.Where(key => data[key.Name] is null))
        {
            data.Lacks(key.Name, view, refusal);
        }

        if (!refusal.IsEmpty)
        {
            return null;
        }

        var features = data.Names.Where(name => IsFeature(name, schema))
            .Select(name => (Encoding.UTF8.GetBytes(name), schema?.View.Find(name)?.Type, data[name]!)).ToArray();
        return new ViewRows(view, data, [.. keys.Select(key => (key.Name, data[key.Name]!))], features, now);
    }

    /// <summary>Whether a column is a feature of a view, and no key or stamp.</summary>
    public static bool IsFeature(string column, ViewSchema? schema) =>
        !IsKeyOrStamp(column, schema) && (schema is null || schema.Serves(Encoding.UTF8.GetBytes(column)));

    /// <summary>Whether a column is a key of a view's entity or a stamp.</summary>
    public static bool IsKeyOrStamp(string column, ViewSchema? schema) =>
        column is EventColumn or CreatedColumn || JoinKeyColumn.KeysOf(schema).Any(key => key.Name == column);

    /// <summary>Says what is wrong with the keys and stamps of a row in words of the columns that they came in.</summary>
    /// <returns>Whether the keys can be read; where they cannot, the row that is written lacks them.</returns>
    public bool Check(int row, FeastRefusal refusal)
    {
        var hasKeys = true;
        foreach (var (key, values) in _keys)
        {
            if (JoinKeyColumn.TextOf(values[row]) is null)
            {
                hasKeys = false;
                refusal.Add("value_error", "A join key must be text or a whole number", values[row], "df", key, row);
            }
        }

        foreach (var column in (string[])[EventColumn, CreatedColumn])
        {
            if (Given(column, row) is { } value && !(value.ValueKind == JsonValueKind.String && FeastTime.TryParse(value.GetString()!, out _)))
            {
                refusal.Add("datetime_parsing", $"{column} must be {FeastTime.Expected}", value, "df", column, row);
            }
        }

        return hasKeys;
    }

    /// <summary>Writes a row, and the end of its line.</summary>
    public void Write(int row, IBufferWriter<byte> output)
    {
        using (var json = new Utf8JsonWriter(output, ReplyJson.Options))
        {
            json.WriteStartObject();
            json.WriteString("view"u8, _view);
            json.WriteStartArray("keys"u8);
            foreach (var (_, values) in _keys)
            {
                json.WriteStringValue(JoinKeyColumn.TextOf(values[row]));
            }

            json.WriteEndArray();
            json.WriteString("event_timestamp"u8, Stamp(EventColumn, row));
            json.WriteString("created_timestamp"u8, Stamp(CreatedColumn, row));
            json.WriteStartObject("features"u8);
            foreach (var (name, type, values) in _features)
            {
                json.WritePropertyName(name);
                WriteValue(json, type, values[row]);
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        output.Write("\n"u8);
    }

    /// <summary>Whether a fault of a row is about its keys.</summary>
    public bool IsOfKeys(Fault fault) => fault.Member == "keys" || Array.Exists(_keys, key => key.Name == fault.Member);

    /// <summary>The column that a fault of a row is about.</summary>
    public string? ColumnOf(string? member) => member switch
    {
        "created_timestamp" => CreatedColumn,
        not null when _data[member] is not null => member,
        _ => null,
    };

    /// <summary>What was given in a column, if it is there and not null.</summary>
    public JsonElement? Given(string column, int row) =>
        _data[column] is { } values && values[row].ValueKind != JsonValueKind.Null ? values[row] : null;

    private static void WriteValue(Utf8JsonWriter json, FeatureType? type, JsonElement value)
    {
        if (type is { Scalar: ScalarType.Timestamp, IsList: false })
        {
            FeastTime.WriteFeature(json, value);
        }
        else if (type is { Scalar: ScalarType.Timestamp } && value.ValueKind == JsonValueKind.Array)
        {
            json.WriteStartArray();
            foreach (var element in value.EnumerateArray())
            {
                FeastTime.WriteFeature(json, element);
            }

            json.WriteEndArray();
        }
        else if (type is { Scalar: ScalarType.Float32 or ScalarType.Float64, IsList: false } && value.ValueKind == JsonValueKind.String && value.ValueEquals("NaN"u8))
        {
            json.WriteNullValue();
        }
        else
        {
            // As it stands: numbers keep all their digits.
            json.WriteRawValue(JsonMarshal.GetRawUtf8Value(value), skipInputValidation: true);
        }
    }

    private string Stamp(string column, int row) =>
        Given(column, row) is { ValueKind: JsonValueKind.String } value && FeastTime.TryParse(value.GetString()!, out var time) ? time.ToString() : _now;
}
