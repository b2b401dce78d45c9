using System.Buffers;
using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using FeatureStore.Model;

namespace FeatureStore.History;

/// <summary>Rows of one view and day on their way into a file: a line of JSON each, by the names of the columns, and what is known of them.</summary>
internal sealed class RowStage
{
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private readonly ArrayBufferWriter<byte> _lines = new(64 * 1024);
    private readonly ArrayBufferWriter<byte> _text = new();
    private readonly Utf8JsonWriter _json;
    private readonly Utf8JsonWriter _textJson;
    private readonly Dictionary<RowPattern, long> _patterns = [];
    private readonly Dictionary<string, (long Set, long Null, Timestamp Newest)> _features = new(StringComparer.Ordinal);
    private readonly HashSet<(string, Timestamp)> _moments = [];
    private readonly string _view;
    private readonly FeatureView? _declared;
    private readonly Dictionary<string, FeatureType> _types;
    private (FeatureValue[] Features, RowOperation Operation, RowPattern Pattern, string[] Names)? _last;
    private Timestamp _oldest = Timestamp.Never;
    private Timestamp _newest = Timestamp.Earliest;
    private long _rows;
    private bool _isUnique = true;
    private bool _hasText;

    /// <param name="view">The view's name.</param>
    /// <param name="declared">The view, if it is declared.</param>
    public RowStage(string view, FeatureView? declared)
    {
        (_view, _declared) = (view, declared);
        _types = declared?.Features.ToDictionary(feature => feature.Name, feature => feature.Type, StringComparer.Ordinal) ?? [];
        _json = new Utf8JsonWriter(_lines, WriterOptions);
        _textJson = new Utf8JsonWriter(_text, WriterOptions);
    }

    /// <summary>The lines.</summary>
    public ReadOnlyMemory<byte> Lines => _lines.WrittenMemory;

    /// <summary>The bytes of the longest line.</summary>
    public int LongestLine { get; private set; }

    /// <summary>What is known of the rows.</summary>
    public RowFacts Facts => new()
    {
        Rows = _rows,
        OldestEvent = _oldest,
        NewestEvent = _newest,
        Patterns = _patterns.Count > RowFacts.MaxPatterns ? null : [.. _patterns.Keys],
        IsUnique = _isUnique,
        HasText = _hasText,
        Columns = Columns(_declared),
        Features = _features.ToDictionary(one => one.Key, one => new FeatureFacts(one.Value.Set, one.Value.Null, one.Value.Newest), StringComparer.Ordinal),
    };

    /// <summary>The columns of the features of a view, with their types.</summary>
    public static IReadOnlyDictionary<string, string> Columns(FeatureView? declared) =>
        declared?.Features.ToDictionary(feature => feature.Name, feature => ColumnType.Of(feature.Type), StringComparer.Ordinal) ?? [];

    public void Add(AcceptedRow row)
    {
        var entityId = row.StateKey[(_view.Length + 1)..];
        var start = _lines.WrittenCount;
        var (pattern, names) = PatternOf(row);
        _json.WriteStartObject();
        _json.WriteString(HistoryColumns.EntityId, entityId);
        _json.WriteString(HistoryColumns.Operation, pattern.Operation);
        _json.WriteNumber(HistoryColumns.EventTimestamp, row.Stamp.Event.Microseconds);
        _json.WriteNumber(HistoryColumns.CreatedTimestamp, row.Stamp.Created.Microseconds);
        _json.WriteNumber(HistoryColumns.AcceptedTimestamp, row.AcceptedAt.Microseconds);
        if (row.TtlMicroseconds is { } ttl)
        {
            _json.WriteNumber(HistoryColumns.Ttl, ttl);
        }

        if (row.EventId is { } id)
        {
            _json.WriteString(HistoryColumns.EventId, id);
        }

        _json.WriteString(HistoryColumns.Present, pattern.Present);
        _json.WriteNumber(HistoryColumns.Hash, HashOf(row, entityId));
        if (row.Operation != RowOperation.Delete)
        {
            WriteFeatures(row, names);
        }

        _json.WriteEndObject();
        _json.Flush();
        _json.Reset();
        _lines.Write("\n"u8);
        LongestLine = Math.Max(LongestLine, _lines.WrittenCount - start);

        _rows++;
        _oldest = row.Stamp.Event < _oldest ? row.Stamp.Event : _oldest;
        _newest = Timestamp.Max(_newest, row.Stamp.Event);
        _isUnique = _moments.Add((entityId, row.Stamp.Event)) && _isUnique;
        if (_patterns.Count <= RowFacts.MaxPatterns)
        {
            _patterns[pattern] = _patterns.GetValueOrDefault(pattern) + 1;
        }
    }

    private void WriteFeatures(AcceptedRow row, string[] names)
    {
        var inexact = false;
        for (var i = 0; i < names.Length; i++)
        {
            var (name, value, isVector) = row.Features[i];
            if (isVector)
            {
                value = VectorText.Expand(value.Span);
            }

            var isExact = _types.TryGetValue(names[i], out var type)
                && (type.IsVector && isVector ? ColumnValue.WriteVector(_json, names[i], value) : ColumnValue.Write(_json, names[i], type, value));
            var isNull = value.Span.SequenceEqual("null"u8);
            if (!isExact)
            {
                if (!inexact)
                {
                    _text.ResetWrittenCount();
                    _textJson.Reset();
                    _textJson.WriteStartObject();
                    inexact = true;
                }

                _textJson.WritePropertyName(name.Span);
                _textJson.WriteRawValue(value.Span, skipInputValidation: true);
            }

            var (set, nulls, newest) = _features.GetValueOrDefault(names[i], (0, 0, Timestamp.Earliest));
            _features[names[i]] = (set + 1, nulls + (isNull ? 1 : 0), Timestamp.Max(newest, row.Stamp.Event));
        }

        if (inexact)
        {
            _textJson.WriteEndObject();
            _textJson.Flush();
            _json.WriteString(HistoryColumns.Text, _text.WrittenSpan);
            _hasText = true;
        }
    }

    /// <summary>What the row says at all; most rows say the same as the one before.</summary>
    private (RowPattern Pattern, string[] Names) PatternOf(AcceptedRow row)
    {
        if (_last is { } last && last.Operation == row.Operation && HasSameNames(last.Features, row.Features))
        {
            return (last.Pattern, last.Names);
        }

        var names = Array.ConvertAll(row.Features, feature => Encoding.UTF8.GetString(feature.Name.Span));
        var pattern = new RowPattern(
            row.Operation switch { RowOperation.Merge => "merge", RowOperation.Replace => "replace", _ => "delete" }, PresentText.Of(names));
        _last = (row.Features, row.Operation, pattern, names);
        return (pattern, names);
    }

    private static bool HasSameNames(FeatureValue[] a, FeatureValue[] b)
    {
        if (a.Length != b.Length)
        {
            return false;
        }

        for (var i = 0; i < a.Length; i++)
        {
            if (!a[i].Name.Span.SequenceEqual(b[i].Name.Span))
            {
                return false;
            }
        }

        return true;
    }

    private static ulong HashOf(AcceptedRow row, string entityId)
    {
        var hash = new XxHash64();
        Span<byte> head = stackalloc byte[(4 * sizeof(long)) + 1];
        BinaryPrimitives.WriteInt64LittleEndian(head, row.Stamp.Event.Microseconds);
        BinaryPrimitives.WriteInt64LittleEndian(head[8..], row.Stamp.Created.Microseconds);
        BinaryPrimitives.WriteInt64LittleEndian(head[16..], row.TtlMicroseconds ?? -1);
        BinaryPrimitives.WriteInt32LittleEndian(head[24..], entityId.Length);
        BinaryPrimitives.WriteInt32LittleEndian(head[28..], row.Features.Length);
        head[32] = (byte)row.Operation;
        hash.Append(head);
        hash.Append(Encoding.UTF8.GetBytes(entityId));
        Span<byte> lengths = stackalloc byte[9];
        foreach (var (name, value, isVector) in row.Features)
        {
            BinaryPrimitives.WriteInt32LittleEndian(lengths, name.Length);
            BinaryPrimitives.WriteInt32LittleEndian(lengths[4..], value.Length);
            lengths[8] = isVector ? (byte)1 : (byte)0;
            hash.Append(lengths);
            hash.Append(name.Span);
            hash.Append(value.Span);
        }

        return hash.GetCurrentHashAsUInt64();
    }
}
