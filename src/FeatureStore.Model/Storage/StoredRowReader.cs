using System.Runtime.InteropServices;
using System.Text.Json;

namespace FeatureStore.Model;

/// <summary>Reads the documents that <see cref="StoredRowCodec"/> writes.</summary>
public static class StoredRowReader
{
    [ThreadStatic]
    private static List<FeatureEntry>? _scratch;

    private const int MaxKeptEntries = 1024;

    private static readonly JsonReaderOptions ReaderOptions = new() { MaxDepth = 128 };

    /// <summary>
    /// The live features as they lie in the document, if every one of them lives at an instant: one JSON object, to be
    /// copied to a reply as it stands.
    /// </summary>
    /// <returns>False if some have expired or are stored in another form, so that the row has to be decoded.</returns>
    /// <exception cref="StoredRowFormatException">The document is no stored row that this version can read.</exception>
    public static bool TryReadLive(ReadOnlyMemory<byte> document, Timestamp now, out ReadOnlyMemory<byte> features) =>
        TryReadLive(document, now, out features, out _);

    /// <inheritdoc cref="TryReadLive(ReadOnlyMemory{byte}, Timestamp, out ReadOnlyMemory{byte})"/>
    /// <param name="document">The document.</param>
    /// <param name="now">The instant.</param>
    /// <param name="features">The features as they lie in the document.</param>
    /// <param name="eventTimestamp">The event timestamp that most of them share.</param>
    public static bool TryReadLive(ReadOnlyMemory<byte> document, Timestamp now, out ReadOnlyMemory<byte> features, out Timestamp eventTimestamp)
    {
        try
        {
            var header = ReadHeader(document);
            features = header.Features;
            eventTimestamp = header.Stamp.Event;
            return header.EarliestExpiry > now && header.VectorsStart == 0;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw Malformed(e);
        }
    }

    /// <summary>Decodes a whole row. The row's names and values are slices of the document.</summary>
    /// <exception cref="StoredRowFormatException">The document is no stored row that this version can read.</exception>
    public static StoredRow Decode(ReadOnlyMemory<byte> document) => Decode(document, out _);

    /// <summary>Decodes a whole row. The row's names and values are slices of the document.</summary>
    /// <param name="document">The document.</param>
    /// <param name="keptUntil">The end that the store was told; <see cref="Timestamp.Never"/> for none.</param>
    /// <exception cref="StoredRowFormatException">The document is no stored row that this version can read.</exception>
    public static StoredRow Decode(ReadOnlyMemory<byte> document, out Timestamp keptUntil)
    {
        try
        {
            var header = ReadHeader(document);
            keptUntil = header.KeptUntil;
            return ReadRow(document, header);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw Malformed(e);
        }
    }

    /// <summary>Decodes some features of a row, without making anything of the others.</summary>
    /// <param name="document">The document. The entries' values are slices of it.</param>
    /// <param name="names">The names in the order of their UTF-8 bytes.</param>
    /// <param name="entries">Receives an entry for each name; one without a name where nothing is known.</param>
    /// <exception cref="StoredRowFormatException">The document is no stored row that this version can read.</exception>
    public static void Select(ReadOnlyMemory<byte> document, ReadOnlySpan<ReadOnlyMemory<byte>> names, Span<FeatureEntry> entries)
    {
        try
        {
            entries[..names.Length].Clear();
            var header = ReadHeader(document);
            SelectLive(header, names, entries);
            SelectMarked(document, header.DiffersStart, new Mark(header.Stamp, header.Expiry, Timestamp.Earliest), EntryKind.Value, names, entries);
            SelectMarked(document, header.ExpiredStart, new Mark(default, Timestamp.Never, Timestamp.Earliest), EntryKind.Expired, names, entries);
            SelectMarked(document, header.DeletedStart, new Mark(default, Timestamp.Never, Timestamp.Earliest), EntryKind.Deleted, names, entries);
            SelectVectors(document, header.VectorsStart, names, entries);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw Malformed(e);
        }
    }

    private static void SelectLive(in Header header, ReadOnlySpan<ReadOnlyMemory<byte>> names, Span<FeatureEntry> entries)
    {
        var reader = new Utf8JsonReader(header.Features.Span, ReaderOptions);
        reader.Read();
        for (var next = 0; next < names.Length && reader.Read() && reader.TokenType == JsonTokenType.PropertyName;)
        {
            // Both are in the order of their bytes.
            var name = reader.ValueIsEscaped ? Name(ref reader, header.Features).Span : reader.ValueSpan;
            var order = -1;
            while (next < names.Length && (order = names[next].Span.SequenceCompareTo(name)) < 0)
            {
                next++;
            }

            reader.Read();
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            if (order == 0)
            {
                entries[next] = new FeatureEntry(
                    names[next], header.Stamp, EntryKind.Value, header.Expiry, header.Features[start..(int)reader.BytesConsumed], Timestamp.Earliest);
                next++;
            }
        }
    }

    private static void SelectMarked(
        ReadOnlyMemory<byte> document, int start, Mark common, EntryKind kind, ReadOnlySpan<ReadOnlyMemory<byte>> names, Span<FeatureEntry> entries)
    {
        if (start == 0)
        {
            return;
        }

        var part = document[start..];
        var reader = new Utf8JsonReader(part.Span, ReaderOptions);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
        {
            var mark = ReadMark(ref reader, common);
            while (ReadGroupName(ref reader, part) is { } name)
            {
                if (IndexOf(names, name.Span) is >= 0 and var at)
                {
                    entries[at] = kind == EntryKind.Value
                        ? entries[at] with { Stamp = mark.Stamp, Expiry = mark.Expiry, KeptUntil = mark.KeptUntil }
                        : new FeatureEntry(names[at], mark.Stamp, kind, mark.Expiry, default, mark.KeptUntil);
                }
            }
        }
    }

    private static void SelectVectors(ReadOnlyMemory<byte> document, int start, ReadOnlySpan<ReadOnlyMemory<byte>> names, Span<FeatureEntry> entries)
    {
        if (start == 0)
        {
            return;
        }

        var part = document[start..];
        var reader = new Utf8JsonReader(part.Span, ReaderOptions);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.String)
        {
            if (IndexOf(names, Name(ref reader, part).Span) is >= 0 and var at)
            {
                entries[at] = entries[at] with { IsVector = true };
            }
        }
    }

    private static int IndexOf(ReadOnlySpan<ReadOnlyMemory<byte>> names, ReadOnlySpan<byte> name)
    {
        var (low, high) = (0, names.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var order = names[middle].Span.SequenceCompareTo(name);
            if (order == 0)
            {
                return middle;
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return -1;
    }

    private static StoredRow ReadRow(ReadOnlyMemory<byte> document, in Header header)
    {
        var entries = _scratch ?? new List<FeatureEntry>(64);
        _scratch = null;
        entries.Clear();
        var reader = new Utf8JsonReader(header.Features.Span, ReaderOptions);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = Name(ref reader, header.Features);
            var shared = new Mark(header.Stamp, header.Expiry, Timestamp.Earliest);
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            entries.Add(new FeatureEntry(
                name, shared.Stamp, EntryKind.Value, shared.Expiry,
                header.Features[start..(int)reader.BytesConsumed], Timestamp.Earliest));
        }

        if (reader.BytesConsumed != header.Features.Length)
        {
            throw new JsonException("'features' is not what comes last.");
        }

        var span = CollectionsMarshal.AsSpan(entries);
        if (header.DiffersStart > 0)
        {
            ReadDiffering(document, header, span);
        }

        if (header.VectorsStart > 0)
        {
            ReadVectors(document, header, span);
        }

        if (ReadMarks(document, header.ExpiredStart, EntryKind.Expired, entries)
            | ReadMarks(document, header.DeletedStart, EntryKind.Deleted, entries))
        {
            entries.Sort(static (a, b) => a.Name.Span.SequenceCompareTo(b.Name.Span));
        }

        var row = new StoredRow(header.Floor, [.. entries]);
        entries.Clear();
        _scratch = entries.Capacity <= MaxKeptEntries ? entries : null;
        return row;
    }

    private static void ReadDiffering(ReadOnlyMemory<byte> document, in Header header, Span<FeatureEntry> entries)
    {
        var part = document[header.DiffersStart..];
        var reader = new Utf8JsonReader(part.Span, ReaderOptions);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
        {
            var mark = ReadMark(ref reader, new Mark(header.Stamp, header.Expiry, Timestamp.Earliest));
            while (ReadGroupName(ref reader, part) is { } name)
            {
                var at = IndexOf(entries, name.Span);
                entries[at] = entries[at] with { Stamp = mark.Stamp, Expiry = mark.Expiry, KeptUntil = mark.KeptUntil };
            }
        }
    }

    private static void ReadVectors(ReadOnlyMemory<byte> document, in Header header, Span<FeatureEntry> entries)
    {
        var part = document[header.VectorsStart..];
        var reader = new Utf8JsonReader(part.Span, ReaderOptions);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.String)
        {
            var at = IndexOf(entries, Name(ref reader, part).Span);
            entries[at] = entries[at] with { IsVector = true };
        }
    }

    private static int IndexOf(ReadOnlySpan<FeatureEntry> entries, ReadOnlySpan<byte> name)
    {
        var (low, high) = (0, entries.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var order = entries[middle].Name.Span.SequenceCompareTo(name);
            if (order == 0)
            {
                return middle;
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        throw new JsonException("A feature is named that is not there.");
    }

    private static bool ReadMarks(ReadOnlyMemory<byte> document, int start, EntryKind kind, List<FeatureEntry> entries)
    {
        if (start == 0)
        {
            return false;
        }

        var part = document[start..];
        var reader = new Utf8JsonReader(part.Span, ReaderOptions);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
        {
            var mark = ReadMark(ref reader, new Mark(default, Timestamp.Never, Timestamp.Earliest));
            while (ReadGroupName(ref reader, part) is { } name)
            {
                entries.Add(new FeatureEntry(name, mark.Stamp, kind, mark.Expiry, default, mark.KeptUntil));
            }
        }

        return true;
    }

    /// <summary>Reads the next name of a group, in whose array the reader stands; null, past the group, after the last.</summary>
    private static ReadOnlyMemory<byte>? ReadGroupName(ref Utf8JsonReader reader, ReadOnlyMemory<byte> part)
    {
        if (reader.TokenType == JsonTokenType.EndObject)
        {
            return null;
        }

        reader.Read();
        if (reader.TokenType == JsonTokenType.String)
        {
            return Name(ref reader, part);
        }

        reader.Read();
        return reader.TokenType == JsonTokenType.EndObject ? null : throw new JsonException("A group of features is not readable.");
    }

    private static Header ReadHeader(ReadOnlyMemory<byte> document)
    {
        var reader = new Utf8JsonReader(document.Span, ReaderOptions);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject
            || !reader.Read() || reader.TokenType != JsonTokenType.PropertyName || !reader.ValueTextEquals("v"u8)
            || !reader.Read() || !reader.TryGetInt32(out var version))
        {
            throw new StoredRowFormatException("The document is not a stored row of the feature store.");
        }

        if (version is < StoredRowCodec.OldestFormatVersion or > StoredRowCodec.FormatVersion)
        {
            throw new StoredRowFormatException(
                $"The stored row has format version {version}; this version of the feature store reads versions {StoredRowCodec.OldestFormatVersion} to {StoredRowCodec.FormatVersion}.");
        }

        var header = new Header { Expiry = Timestamp.Never, EarliestExpiry = Timestamp.Never, KeptUntil = Timestamp.Never };
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("features"u8))
            {
                reader.Read();
                // Whatever put the document there in another order may have lost digits, too: it is not read by halves.
                if (reader.TokenType != JsonTokenType.StartObject || !document.Span.EndsWith("}}"u8))
                {
                    throw new JsonException("'features' is not an object, or not what comes last.");
                }

                header.Features = document[(int)reader.TokenStartIndex..^1];
                header.EarliestExpiry = header.Expiry < header.EarliestExpiry ? header.Expiry : header.EarliestExpiry;
                return header;
            }

            ReadHeaderMember(ref reader, ref header);
        }

        throw new JsonException("'features' is missing.");
    }

    private static void ReadHeaderMember(ref Utf8JsonReader reader, ref Header header)
    {
        if (reader.ValueTextEquals("event_timestamp"u8))
        {
            header.Stamp = header.Stamp with { Event = Time(ref reader) };
        }
        else if (reader.ValueTextEquals("created_timestamp"u8))
        {
            header.Stamp = header.Stamp with { Created = Time(ref reader) };
        }
        else if (reader.ValueTextEquals("expires_at"u8))
        {
            header.Expiry = Time(ref reader);
        }
        else if (reader.ValueTextEquals("kept_until"u8))
        {
            header.KeptUntil = Time(ref reader);
        }
        else if (reader.ValueTextEquals("differs"u8))
        {
            reader.Read();
            header.DiffersStart = (int)reader.TokenStartIndex;
            while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
            {
                var mark = ReadMark(ref reader, new Mark(default, Timestamp.Never, default));
                header.EarliestExpiry = mark.Expiry < header.EarliestExpiry ? mark.Expiry : header.EarliestExpiry;
                reader.Skip();
                reader.Read();
            }
        }
        else if (reader.ValueTextEquals("expired"u8))
        {
            header.ExpiredStart = SkipArray(ref reader);
        }
        else if (reader.ValueTextEquals("deleted"u8))
        {
            header.DeletedStart = SkipArray(ref reader);
        }
        else if (reader.ValueTextEquals("vectors"u8))
        {
            header.VectorsStart = SkipArray(ref reader);
        }
        else if (reader.ValueTextEquals("floor"u8))
        {
            reader.Read();
            var mark = ReadMark(ref reader, new Mark(default, Timestamp.Never, default));
            header.Floor = new Floor(mark.Stamp, mark.IsDelete, mark.KeptUntil);
        }
        else
        {
            throw new JsonException($"'{reader.GetString()}' is no member of a stored row.");
        }
    }

    private static Mark ReadMark(ref Utf8JsonReader reader, Mark mark)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException("A stamp is not an object.");
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("event_timestamp"u8))
            {
                mark.Stamp = mark.Stamp with { Event = Time(ref reader) };
            }
            else if (reader.ValueTextEquals("created_timestamp"u8))
            {
                mark.Stamp = mark.Stamp with { Created = Time(ref reader) };
            }
            else if (reader.ValueTextEquals("expires_at"u8))
            {
                mark.Expiry = Time(ref reader);
            }
            else if (reader.ValueTextEquals("kept_until"u8))
            {
                mark.KeptUntil = Time(ref reader);
            }
            else if (reader.ValueTextEquals("op"u8))
            {
                reader.Read();
                mark.IsDelete = reader.ValueTextEquals("delete"u8);
            }
            else if (reader.ValueTextEquals("features"u8))
            {
                // The names are the caller's to read; the reader stands at the beginning of their array.
                reader.Read();
                return mark;
            }
            else
            {
                throw new JsonException($"'{reader.GetString()}' is no member of a stamp.");
            }
        }

        return mark;
    }

    private static int SkipArray(ref Utf8JsonReader reader)
    {
        reader.Read();
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return start;
    }

    private static Timestamp Time(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null)
        {
            return Timestamp.Never;
        }

        return reader.TokenType == JsonTokenType.String && Timestamp.TryParse(reader.ValueSpan, out var time)
            ? time
            : throw new JsonException("A time is not readable.");
    }

    private static ReadOnlyMemory<byte> Name(ref Utf8JsonReader reader, ReadOnlyMemory<byte> text)
    {
        if (!reader.ValueIsEscaped)
        {
            return text.Slice((int)reader.TokenStartIndex + 1, reader.ValueSpan.Length);
        }

        var name = new byte[reader.ValueSpan.Length];
        return name.AsMemory(0, reader.CopyString(name));
    }

    private static StoredRowFormatException Malformed(Exception e) =>
        new($"The document is not a stored row of the feature store: {e.Message}", e);

    private struct Header
    {
        public Floor? Floor;
        public Stamp Stamp;
        public Timestamp Expiry;
        public Timestamp EarliestExpiry;
        public Timestamp KeptUntil;
        public ReadOnlyMemory<byte> Features;
        public int DiffersStart;
        public int ExpiredStart;
        public int DeletedStart;
        public int VectorsStart;
    }

    private record struct Mark(Stamp Stamp, Timestamp Expiry, Timestamp KeptUntil)
    {
        public bool IsDelete { get; set; }
    }
}
