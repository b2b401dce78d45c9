using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace FeatureStore.Cli.Ingest;

/// <summary>Writes one row on the wire after another into the same buffer.</summary>
internal sealed class RowBuilder : IDisposable
{
    private readonly ArrayBufferWriter<byte> _buffer = new(1 << 12);
    private readonly Utf8JsonWriter _json;
    private bool _deletes;

    public RowBuilder() => _json = new Utf8JsonWriter(
        _buffer,
        new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true });

    /// <summary>Whether the row carries an event time.</summary>
    public bool IsStamped { get; private set; }

    /// <summary>How many values of the row are not-a-number.</summary>
    public int NotNumbers { get; private set; }

    /// <summary>Begins a row: view, id, stamps and ttl; features follow, unless the row deletes.</summary>
    public void Begin(RowMapping mapping, ReadOnlySpan<string?> keys, string? eventTime, string? createdTime)
    {
        _buffer.ResetWrittenCount();
        _json.Reset(_buffer);
        NotNumbers = 0;
        _json.WriteStartObject();
        if (mapping.View is { } view)
        {
            _json.WriteString("view"u8, view);
        }

        WriteKeys(keys);
        eventTime ??= mapping.At ?? mapping.Stamps?.Current;
        createdTime ??= mapping.Stamps?.Current;
        IsStamped = eventTime is not null;
        if (eventTime is not null)
        {
            _json.WriteString("event_timestamp"u8, eventTime);
        }

        if (createdTime is not null)
        {
            _json.WriteString("created_timestamp"u8, createdTime);
        }

        _deletes = mapping.Deletes;
        if (_deletes)
        {
            WriteDeletion(mapping.DeletedFeatures);
            return;
        }

        if (mapping.TtlSeconds is { } ttl)
        {
            _json.WritePropertyName("ttl_seconds"u8);
            _json.WriteRawValue(ttl, skipInputValidation: true);
        }

        _json.WriteStartObject("features"u8);
    }

    public void Name(string feature) => _json.WritePropertyName(feature);

    public void Text(string value) => _json.WriteStringValue(value);

    /// <summary>Writes a string that is UTF-8.</summary>
    public void Text(ReadOnlySpan<byte> value) => _json.WriteStringValue(value);

    /// <summary>Writes JSON as it stands.</summary>
    public void Raw(string json) => _json.WriteRawValue(json, skipInputValidation: true);

    /// <summary>Writes JSON as it stands.</summary>
    public void Raw(ReadOnlySpan<byte> json) => _json.WriteRawValue(json, skipInputValidation: true);

    /// <summary>Writes null for a value that is not-a-number, and counts it.</summary>
    public void NotANumber()
    {
        _json.WriteNullValue();
        NotNumbers++;
    }

    public void BeginArray() => _json.WriteStartArray();

    public void EndArray() => _json.WriteEndArray();

    public void BeginObject() => _json.WriteStartObject();

    public void EndObject() => _json.WriteEndObject();

    /// <summary>Ends the row; its bytes are valid until the next one begins.</summary>
    public ReadOnlyMemory<byte> End()
    {
        if (!_deletes)
        {
            _json.WriteEndObject();
        }

        _json.WriteEndObject();
        _json.Flush();
        return _buffer.WrittenMemory;
    }

    public void Dispose() => _json.Dispose();

    private void WriteKeys(ReadOnlySpan<string?> keys)
    {
        if (keys.Length == 1)
        {
            _json.WriteString("entity_id"u8, keys[0]);
            return;
        }

        _json.WriteStartArray("keys"u8);
        foreach (var key in keys)
        {
            _json.WriteStringValue(key);
        }

        _json.WriteEndArray();
    }

    private void WriteDeletion(IReadOnlyList<string> features)
    {
        _json.WriteString("op"u8, "delete"u8);
        if (features.Count > 0)
        {
            _json.WriteStartArray("features"u8);
            foreach (var feature in features)
            {
                _json.WriteStringValue(feature);
            }

            _json.WriteEndArray();
        }
    }
}
