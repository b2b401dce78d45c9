using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace FeatureStore.Cli.Ingest;

/// <summary>Writes one row on the wire after another into the same buffer.</summary>
internal sealed class RowBuilder : IDisposable
{
    private readonly ArrayBufferWriter<byte> _buffer = new(1 << 12);
    private readonly Utf8JsonWriter _json;

    public RowBuilder() => _json = new Utf8JsonWriter(
        _buffer,
        new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true });

    /// <summary>Begins a row: view, id, stamps and ttl; features follow.</summary>
    public void Begin(RowMapping mapping, ReadOnlySpan<string?> keys, string? eventTime, string? createdTime)
    {
        _buffer.ResetWrittenCount();
        _json.Reset(_buffer);
        _json.WriteStartObject();
        if (mapping.View is { } view)
        {
            _json.WriteString("view"u8, view);
        }

        if (keys.Length == 1)
        {
            _json.WriteString("entity_id"u8, keys[0]);
        }
        else
        {
            _json.WriteStartArray("keys"u8);
            foreach (var key in keys)
            {
                _json.WriteStringValue(key);
            }

            _json.WriteEndArray();
        }

        if (eventTime is not null)
        {
            _json.WriteString("event_timestamp"u8, eventTime);
        }

        if (createdTime is not null)
        {
            _json.WriteString("created_timestamp"u8, createdTime);
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

    /// <summary>Writes JSON as it stands.</summary>
    public void Raw(string json) => _json.WriteRawValue(json, skipInputValidation: true);

    /// <summary>Writes JSON as it stands.</summary>
    public void Raw(ReadOnlySpan<byte> json) => _json.WriteRawValue(json, skipInputValidation: true);

    /// <summary>Ends the row; its bytes are valid until the next one begins.</summary>
    public ReadOnlyMemory<byte> End()
    {
        _json.WriteEndObject();
        _json.WriteEndObject();
        _json.Flush();
        return _buffer.WrittenMemory;
    }

    public void Dispose() => _json.Dispose();
}
