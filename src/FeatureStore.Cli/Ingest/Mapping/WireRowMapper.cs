using System.Buffers;
using System.Text;
using System.Text.Json;

namespace FeatureStore.Cli.Ingest;

/// <summary>Passes rows on the wire through byte for byte; only what is missing is filled in, and times are moved when asked.</summary>
internal sealed class WireRowMapper
{
    private static readonly JsonReaderOptions Options = new() { MaxDepth = 512 };

    private readonly RowMapping _mapping;
    private readonly byte[]? _view;
    private readonly byte[]? _ttl;
    private readonly ArrayBufferWriter<byte> _edited = new();
    private readonly List<(int Start, int End, string Time)> _moved = [];
    private string? _fault;

    public WireRowMapper(RowMapping mapping)
    {
        _mapping = mapping;
        _view = mapping.View is null ? null : Encoding.UTF8.GetBytes($"\"view\":\"{JsonEncodedText.Encode(mapping.View)}\"");
        _ttl = mapping.TtlSeconds is null ? null : Encoding.UTF8.GetBytes($"\"ttl_seconds\":{mapping.TtlSeconds}");
    }

    public RowResult Map(JsonRecord record)
    {
        var json = record.Json.Span;
        var reader = new Utf8JsonReader(json, Options);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return RowResult.Rejected(record.Line, "It is no JSON object.");
        }

        var body = (int)reader.BytesConsumed;
        var (view, ttl, stamped, empty) = (_view, _ttl, false, true);
        _moved.Clear();
        _fault = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            empty = false;
            var isView = reader.ValueTextEquals("view"u8);
            var isTtl = reader.ValueTextEquals("ttl_seconds"u8);
            var isOperation = reader.ValueTextEquals("op"u8);
            var isEventTime = reader.ValueTextEquals("event_timestamp"u8);
            var isTime = isEventTime || reader.ValueTextEquals("created_timestamp"u8);
            reader.Read();
            stamped |= isEventTime && reader.TokenType != JsonTokenType.Null;
            if (isTime && _mapping.Times.Rebases && reader.TokenType == JsonTokenType.String)
            {
                Move(isEventTime ? "event_timestamp" : "created_timestamp", ref reader);
            }

            // A delete expires nothing.
            var isDelete = isOperation && reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("delete"u8);
            view = isView ? null : view;
            ttl = isTtl || isDelete ? null : ttl;
            reader.Skip();
        }

        reader.Read();
        return _fault is not null
            ? RowResult.Rejected(record.Line, _fault)
            : new RowResult(record.Line, Edit(record.Json, body, view, ttl, empty), stamped, null);
    }

    private void Move(string name, ref Utf8JsonReader reader)
    {
        var text = reader.GetString()!;
        if (_mapping.Times.Map(text) is { } time)
        {
            _moved.Add(((int)reader.TokenStartIndex, (int)reader.BytesConsumed, time));
        }
        else
        {
            _fault ??= EventTimes.Fault(name, text);
        }
    }

    private ReadOnlyMemory<byte> Edit(ReadOnlyMemory<byte> json, int body, byte[]? view, byte[]? ttl, bool empty)
    {
        if (view is null && ttl is null && _moved.Count == 0)
        {
            return json;
        }

        _edited.ResetWrittenCount();
        _edited.Write(json.Span[..body]);
        var comma = false;
        foreach (var member in (byte[]?[])[view, ttl])
        {
            if (member is not null)
            {
                _edited.Write(comma ? ","u8 : ""u8);
                _edited.Write(member);
                comma = true;
            }
        }

        _edited.Write(comma && !empty ? ","u8 : ""u8);
        var at = body;
        foreach (var (start, end, time) in _moved)
        {
            _edited.Write(json.Span[at..start]);
            _edited.Write(Encoding.UTF8.GetBytes($"\"{time}\""));
            at = end;
        }

        _edited.Write(json.Span[at..]);
        return _edited.WrittenMemory;
    }
}
