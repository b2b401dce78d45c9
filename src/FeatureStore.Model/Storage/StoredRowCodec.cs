using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace FeatureStore.Model;

/// <summary>Writes stored rows as the JSON documents that lie in the state store. <see cref="StoredRowReader"/> reads them.</summary>
/// <remarks>
/// A document, with its members always in this order:
/// <code>
/// {"v":1,
///  "kept_until":"…",
///  "floor":{"op":"delete","event_timestamp":"…","created_timestamp":"…","kept_until":"…"},
///  "event_timestamp":"…","created_timestamp":"…","expires_at":"…",
///  "differs":[{"event_timestamp":"…","expires_at":null,"features":["wind"]}],
///  "expired":[{"event_timestamp":"…","created_timestamp":"…","expires_at":"…","kept_until":"…","features":["visib"]}],
///  "deleted":[{"event_timestamp":"…","created_timestamp":"…","kept_until":"…","features":["gust"]}],
///  "vectors":["embedding"],
///  "features":{"embedding":"zczMPQ==","temp":39.0,"wind":8.05}}
/// </code>
/// The first "kept_until" is the end that the store was told; it is absent where the document never ends. The stamp and
/// expiry of the row are those that most live features share; "differs" says what is otherwise for the others. What
/// several features share is said once, and what is empty is left out. "vectors" names the features whose value is a list of
/// float32 in the form of <see cref="VectorText"/>. "features" comes last, so that it is the rest of
/// the document but for the brace.
/// </remarks>
public static class StoredRowCodec
{
    /// <summary>The newest format that is read and written.</summary>
    public const int FormatVersion = 2;

    /// <summary>The oldest format that is read, and the one that is written where a row has no vectors: older readers know it.</summary>
    public const int OldestFormatVersion = 1;

    /// <summary>The most bytes of a document.</summary>
    public const int MaxDocumentBytes = 1024 * 1024;

    private const int MaxKeptBytes = 64 * 1024;

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _buffer;

    [ThreadStatic]
    private static Utf8JsonWriter? _json;

    private static readonly JsonWriterOptions WriterOptions = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    /// <summary>Encodes a row as seen at an instant: what need not be remembered beyond it is left out.</summary>
    /// <param name="row">The row.</param>
    /// <param name="now">The instant.</param>
    /// <param name="keptUntil">The end that the store is told; <see cref="Timestamp.Never"/> for none.</param>
    public static byte[] Encode(StoredRow row, Timestamp now, Timestamp keptUntil)
    {
        var buffer = _buffer ??= new ArrayBufferWriter<byte>(4096);
        var json = _json ??= new Utf8JsonWriter(buffer, WriterOptions);
        buffer.ResetWrittenCount();
        json.Reset(buffer);
        Write(json, row, now, keptUntil);
        json.Flush();
        var document = buffer.WrittenSpan.ToArray();
        if (buffer.Capacity > MaxKeptBytes)
        {
            (_buffer, _json) = (null, null);
        }

        return document;
    }

    private static void Write(Utf8JsonWriter json, StoredRow row, Timestamp now, Timestamp keptUntil)
    {
        json.WriteStartObject();
        json.WriteNumber("v"u8, HasVectors(row.Entries) ? FormatVersion : OldestFormatVersion);
        if (keptUntil != Timestamp.Never)
        {
            WriteTime(json, "kept_until"u8, keptUntil);
        }

        if (row.Floor is { } floor)
        {
            json.WriteStartObject("floor"u8);
            json.WriteString("op"u8, floor.IsDelete ? "delete"u8 : "replace"u8);
            WriteStamp(json, floor.Stamp);
            WriteTime(json, "kept_until"u8, floor.KeptUntil);
            json.WriteEndObject();
        }

        var common = MostCommon(row.Entries);
        if (common is { } shared)
        {
            WriteStamp(json, shared.Stamp);
            if (shared.Expiry != Timestamp.Never)
            {
                WriteTime(json, "expires_at"u8, shared.Expiry);
            }

            WriteDiffering(json, row.Entries, shared, now);
        }

        WriteMarks(json, "expired"u8, row.Entries, EntryKind.Expired);
        WriteMarks(json, "deleted"u8, row.Entries, EntryKind.Deleted);
        WriteVectors(json, row.Entries);

        json.WriteStartObject("features"u8);
        foreach (ref readonly var entry in row.Entries)
        {
            if (entry.Kind == EntryKind.Value)
            {
                json.WritePropertyName(entry.Name.Span);
                json.WriteRawValue(entry.Value.Span, skipInputValidation: true);
            }
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static bool HasVectors(ReadOnlySpan<FeatureEntry> entries)
    {
        foreach (ref readonly var entry in entries)
        {
            if (entry.IsVector)
            {
                return true;
            }
        }

        return false;
    }

    private static void WriteVectors(Utf8JsonWriter json, ReadOnlySpan<FeatureEntry> entries)
    {
        if (!HasVectors(entries))
        {
            return;
        }

        json.WriteStartArray("vectors"u8);
        foreach (ref readonly var entry in entries)
        {
            if (entry.IsVector)
            {
                json.WriteStringValue(entry.Name.Span);
            }
        }

        json.WriteEndArray();
    }

    private static void WriteDiffering(
        Utf8JsonWriter json, ReadOnlySpan<FeatureEntry> entries, (Stamp Stamp, Timestamp Expiry) shared, Timestamp now)
    {
        Dictionary<(Stamp Stamp, Timestamp Expiry, Timestamp KeptUntil), List<ReadOnlyMemory<byte>>>? groups = null;
        foreach (ref readonly var entry in entries)
        {
            if (entry.Kind != EntryKind.Value)
            {
                continue;
            }

            // What the expiry says anyway, and what is past, need not be remembered.
            var isRemembered = entry.KeptUntil > now && (entry.Expiry == Timestamp.Never || entry.KeptUntil > entry.Expiry);
            if (isRemembered || entry.Stamp != shared.Stamp || entry.Expiry != shared.Expiry)
            {
                Add(ref groups, (entry.Stamp, entry.Expiry, isRemembered ? entry.KeptUntil : Timestamp.Earliest), entry.Name);
            }
        }

        WriteGroups(json, "differs"u8, groups, (writer, group) =>
        {
            if (group.Stamp.Event != shared.Stamp.Event)
            {
                WriteTime(writer, "event_timestamp"u8, group.Stamp.Event);
            }

            if (group.Stamp.Created != shared.Stamp.Created)
            {
                WriteTime(writer, "created_timestamp"u8, group.Stamp.Created);
            }

            if (group.Expiry != shared.Expiry)
            {
                WriteTime(writer, "expires_at"u8, group.Expiry);
            }

            if (group.KeptUntil != Timestamp.Earliest)
            {
                WriteTime(writer, "kept_until"u8, group.KeptUntil);
            }
        });
    }

    private static void WriteMarks(
        Utf8JsonWriter json, ReadOnlySpan<byte> member, ReadOnlySpan<FeatureEntry> entries, EntryKind kind)
    {
        Dictionary<(Stamp Stamp, Timestamp Expiry, Timestamp KeptUntil), List<ReadOnlyMemory<byte>>>? groups = null;
        foreach (ref readonly var entry in entries)
        {
            if (entry.Kind == kind)
            {
                Add(ref groups, (entry.Stamp, entry.Expiry, entry.KeptUntil), entry.Name);
            }
        }

        WriteGroups(json, member, groups, (writer, group) =>
        {
            WriteStamp(writer, group.Stamp);
            if (kind == EntryKind.Expired)
            {
                WriteTime(writer, "expires_at"u8, group.Expiry);
            }

            WriteTime(writer, "kept_until"u8, group.KeptUntil);
        });
    }

    private static void Add<TGroup>(
        ref Dictionary<TGroup, List<ReadOnlyMemory<byte>>>? groups, TGroup group, ReadOnlyMemory<byte> name)
        where TGroup : notnull
    {
        groups ??= [];
        if (!groups.TryGetValue(group, out var names))
        {
            groups.Add(group, names = []);
        }

        names.Add(name);
    }

    /// <summary>Writes groups in the order of their first names, so that equal rows are equal documents.</summary>
    private static void WriteGroups<TGroup>(
        Utf8JsonWriter json, ReadOnlySpan<byte> member, Dictionary<TGroup, List<ReadOnlyMemory<byte>>>? groups,
        Action<Utf8JsonWriter, TGroup> writeGroup)
        where TGroup : notnull
    {
        if (groups is null)
        {
            return;
        }

        json.WriteStartArray(member);
        foreach (var (group, names) in groups)
        {
            json.WriteStartObject();
            writeGroup(json, group);
            json.WriteStartArray("features"u8);
            foreach (var name in names)
            {
                json.WriteStringValue(name.Span);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static (Stamp Stamp, Timestamp Expiry)? MostCommon(ReadOnlySpan<FeatureEntry> entries)
    {
        (Stamp Stamp, Timestamp Expiry)? first = null;
        var same = true;
        foreach (ref readonly var entry in entries)
        {
            if (entry.Kind == EntryKind.Value)
            {
                first ??= (entry.Stamp, entry.Expiry);
                same &= first == (entry.Stamp, entry.Expiry);
            }
        }

        return same ? first : Vote(entries);
    }

    private static (Stamp Stamp, Timestamp Expiry) Vote(ReadOnlySpan<FeatureEntry> entries)
    {
        var votes = new Dictionary<(Stamp Stamp, Timestamp Expiry), int>();
        foreach (ref readonly var entry in entries)
        {
            if (entry.Kind == EntryKind.Value)
            {
                var candidate = (entry.Stamp, entry.Expiry);
                votes[candidate] = votes.GetValueOrDefault(candidate) + 1;
            }
        }

        return votes.OrderByDescending(vote => vote.Value)
            .ThenByDescending(vote => vote.Key.Stamp)
            .ThenByDescending(vote => vote.Key.Expiry)
            .First().Key;
    }

    private static void WriteStamp(Utf8JsonWriter json, Stamp stamp)
    {
        WriteTime(json, "event_timestamp"u8, stamp.Event);
        WriteTime(json, "created_timestamp"u8, stamp.Created);
    }

    private static void WriteTime(Utf8JsonWriter json, ReadOnlySpan<byte> member, Timestamp time)
    {
        if (time == Timestamp.Never)
        {
            json.WriteNull(member);
            return;
        }

        Span<byte> text = stackalloc byte[Timestamp.MaxFormattedLength];
        time.TryFormat(text, out var written);
        json.WriteString(member, text[..written]);
    }
}
