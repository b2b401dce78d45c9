using System.Text;
using System.Text.Json;

namespace FeatureStore.Cli.Ingest;

/// <summary>Maps flat JSON objects as CSV columns are mapped; values keep their exact text.</summary>
internal sealed class FlatRecordMapper(RowMapping mapping) : IDisposable
{
    private static readonly JsonReaderOptions Options = new() { MaxDepth = 512 };

    private readonly RowBuilder _row = new();
    private readonly string?[] _keys = new string?[mapping.Id.Count];
    private string? _time;
    private string? _created;
    private string? _fault;

    /// <summary>The names of the members of the last record.</summary>
    public HashSet<string> Names { get; } = [];

    public RowResult Map(JsonRecord record)
    {
        var json = record.Json.Span;
        Array.Clear(_keys);
        (_time, _created, _fault) = (null, null, null);
        Names.Clear();
        ReadKeysAndTimes(json);
        for (var i = 0; i < _keys.Length && _fault is null; i++)
        {
            _fault = string.IsNullOrEmpty(_keys[i]) ? $"\"{mapping.Id[i]}\", the id, is missing or empty." : null;
        }

        if (_fault is null && mapping.Time is not null && _time is null)
        {
            _fault = $"\"{mapping.Time}\", the event time, is missing or empty.";
        }

        if (_fault is not null)
        {
            return RowResult.Rejected(record.Line, _fault);
        }

        _row.Begin(mapping, _keys, _time, _created);
        WriteFeatures(json);
        return new RowResult(record.Line, _row.End(), _row.IsStamped, null);
    }

    public void Dispose() => _row.Dispose();

    private void ReadKeysAndTimes(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, Options);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            _fault = "It is no JSON object.";
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            var role = mapping.RoleOf(name);
            if (!Names.Add(name) && role is not (ColumnRole.Feature or ColumnRole.Unused))
            {
                _fault ??= $"\"{name}\" occurs twice.";
            }

            reader.Read();
            var raw = RawValue(ref reader, json);
            switch (role)
            {
                case ColumnRole.Key:
                    _keys[mapping.KeyIndexOf(name)] = Scalar(name, reader.TokenType, raw, ref reader);
                    break;
                case ColumnRole.Time:
                    _time = Time(name, Scalar(name, reader.TokenType, raw, ref reader));
                    break;
                case ColumnRole.Created:
                    _created = Time(name, Scalar(name, reader.TokenType, raw, ref reader));
                    break;
                default:
                    break;
            }
        }

        // Whatever follows the object makes the reader throw.
        reader.Read();
    }

    private void WriteFeatures(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, Options);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            var raw = RawValue(ref reader, json);
            if (mapping.RoleOf(name) == ColumnRole.Feature)
            {
                _row.Name(name);
                _row.Raw(raw);
            }
        }
    }

    private string? Time(string name, string? text)
    {
        var time = string.IsNullOrEmpty(text) ? null : mapping.Times.Map(text);
        if (time is null && !string.IsNullOrEmpty(text))
        {
            _fault ??= EventTimes.Fault(name, text);
        }

        return time;
    }

    private string? Scalar(string name, JsonTokenType type, scoped ReadOnlySpan<byte> raw, ref Utf8JsonReader reader)
    {
        switch (type)
        {
            case JsonTokenType.String:
                return reader.GetString();
            case JsonTokenType.Null:
                return null;
            case JsonTokenType.Number or JsonTokenType.True or JsonTokenType.False:
                return Encoding.UTF8.GetString(raw);
            default:
                _fault ??= $"\"{name}\" is an object or an array; an id or a time is a string or a number.";
                return null;
        }
    }

    private static ReadOnlySpan<byte> RawValue(scoped ref Utf8JsonReader reader, ReadOnlySpan<byte> json)
    {
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return json[start..(int)reader.BytesConsumed];
    }
}
