using System.Buffers;
using System.Text;
using System.Text.Json;

namespace FeatureStore.Cli.Ingest;

/// <summary>Passes rows on the wire through byte for byte; only what is missing is filled in, and times are moved when asked.</summary>
internal sealed class WireRowMapper
{
    private static readonly JsonReaderOptions Options = new() { MaxDepth = 512 };

    private readonly RowMapping _mapping;
    private readonly ArrayBufferWriter<byte> _edited = new();
    private readonly List<(int Start, int End, string Time)> _times = [];
    private readonly byte[]? _view;
    private readonly byte[]? _ttl;
    private readonly byte[]? _features;
    private Members _seen;
    private string? _fault;

    public WireRowMapper(RowMapping mapping)
    {
        _mapping = mapping;
        _view = mapping.View is null ? null : Encoding.UTF8.GetBytes($"\"view\":\"{JsonEncodedText.Encode(mapping.View)}\"");
        _ttl = mapping.TtlSeconds is null ? null : Encoding.UTF8.GetBytes($"\"ttl_seconds\":{mapping.TtlSeconds}");
        _features = mapping.DeletedFeatures.Count == 0
            ? null
            : Encoding.UTF8.GetBytes($"\"features\":[{string.Join(',', mapping.DeletedFeatures.Select(name => $"\"{JsonEncodedText.Encode(name)}\""))}]");
    }

    [Flags]
    private enum Members
    {
        None = 0,
        View = 1,
        Ttl = 2,
        EventTime = 4,
        CreatedTime = 8,
        Operation = 16,
        Features = 32,
        Delete = 64,
        Any = 128,
    }

    /// <summary>Whether a record names its entity as a row on the wire does.</summary>
    public static bool IsRow(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, Options);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("entity_id"u8) || reader.ValueTextEquals("keys"u8))
            {
                return true;
            }

            reader.Read();
            reader.Skip();
        }

        return false;
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
        _times.Clear();
        (_fault, _seen) = (null, Members.None);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            _seen |= Members.Any | ReadMember(ref reader);
        }

        reader.Read();
        if (_mapping.Deletes && _fault is null)
        {
            CheckDeletion();
        }

        return _fault is not null
            ? RowResult.Rejected(record.Line, _fault)
            : new RowResult(record.Line, Edit(record.Json, body), _mapping.Stamps is not null || Has(Members.EventTime), null, IsOnTheWire: true);
    }

    private bool Has(Members member) => (_seen & member) != 0;

    private Members ReadMember(ref Utf8JsonReader reader)
    {
        var member = reader.ValueTextEquals("view"u8) ? Members.View
            : reader.ValueTextEquals("ttl_seconds"u8) ? Members.Ttl
            : reader.ValueTextEquals("event_timestamp"u8) ? Members.EventTime
            : reader.ValueTextEquals("created_timestamp"u8) ? Members.CreatedTime
            : reader.ValueTextEquals("op"u8) ? Members.Operation
            : reader.ValueTextEquals("features"u8) ? Members.Features
            : Members.None;
        reader.Read();
        switch (member)
        {
            case Members.EventTime or Members.CreatedTime when reader.TokenType == JsonTokenType.Null:
                // Null says as much as nothing, but where it stands nothing can be added.
                if (_mapping.Stamps is { } stamps)
                {
                    _times.Add(((int)reader.TokenStartIndex, (int)reader.BytesConsumed, member == Members.EventTime ? EventTime(stamps) : stamps.Current));
                    return member;
                }

                return Members.None;
            case Members.EventTime when _mapping.At is not null:
                _fault ??= "It has an event_timestamp of its own, and --at says another. Leave --at out.";
                break;
            case Members.EventTime or Members.CreatedTime when _mapping.Times.Rebases && reader.TokenType == JsonTokenType.String:
                Move(member == Members.EventTime ? "event_timestamp" : "created_timestamp", ref reader);
                break;
            case Members.Operation when reader.TokenType == JsonTokenType.String && reader.ValueTextEquals("delete"u8):
                member |= Members.Delete;
                break;
            case Members.Features when _mapping.Deletes && reader.TokenType == JsonTokenType.StartObject:
                _fault ??= "It holds values of features. To delete it, leave features out, or name them in an array.";
                break;
            default:
                break;
        }

        reader.Skip();
        return member;
    }

    private void CheckDeletion()
    {
        if (Has(Members.Operation) && !Has(Members.Delete))
        {
            _fault = "Its op is not delete. Leave op out, or ingest the file.";
        }
        else if (!Has(Members.View) && _mapping.View is null)
        {
            _fault = "It names no view: name it with --view.";
        }
    }

    private void Move(string name, ref Utf8JsonReader reader)
    {
        var text = reader.GetString()!;
        if (_mapping.Times.Map(text) is { } time)
        {
            _times.Add(((int)reader.TokenStartIndex, (int)reader.BytesConsumed, time));
        }
        else
        {
            _fault ??= EventTimes.Fault(name, text);
        }
    }

    private ReadOnlyMemory<byte> Edit(ReadOnlyMemory<byte> json, int body)
    {
        _edited.ResetWrittenCount();
        _edited.Write(json.Span[..body]);
        Add(Has(Members.View) ? null : _view, body);

        // A delete expires nothing.
        Add(Has(Members.Ttl | Members.Delete) || _mapping.Deletes ? null : _ttl, body);
        Add(_mapping.Deletes && !Has(Members.Operation) ? "\"op\":\"delete\""u8 : default, body);
        Add(Has(Members.Features) ? null : _features, body);
        if (_mapping.Stamps is { } stamps)
        {
            Add(Has(Members.EventTime) ? null : Encoding.UTF8.GetBytes($"\"event_timestamp\":\"{EventTime(stamps)}\""), body);
            Add(Has(Members.CreatedTime) ? null : Encoding.UTF8.GetBytes($"\"created_timestamp\":\"{stamps.Current}\""), body);
        }

        if (_edited.WrittenCount == body && _times.Count == 0)
        {
            return json;
        }

        _edited.Write(_edited.WrittenCount > body && Has(Members.Any) ? ","u8 : ""u8);
        var at = body;
        foreach (var (start, end, time) in _times)
        {
            _edited.Write(json.Span[at..start]);
            _edited.Write(Encoding.UTF8.GetBytes($"\"{time}\""));
            at = end;
        }

        _edited.Write(json.Span[at..]);
        return _edited.WrittenMemory;
    }

    private string EventTime(RunStamps stamps) => _mapping.At ?? stamps.Current;

    private void Add(ReadOnlySpan<byte> member, int body)
    {
        if (!member.IsEmpty)
        {
            _edited.Write(_edited.WrittenCount > body ? ","u8 : ""u8);
            _edited.Write(member);
        }
    }
}
