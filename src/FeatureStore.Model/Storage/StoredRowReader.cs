using System.Runtime.InteropServices;
using System.Text.Json;

namespace FeatureStore.Model;

/// <summary>Reads the documents that <see cref="StoredRowCodec"/> writes.</summary>
public static class StoredRowReader
{
    [ThreadStatic]
    private static List<FeatureEntry>? _scratch;

    private const int MaxKeptEntries = 1024;

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
            var header = StoredRowHeader.Read(document);
            features = header.Features;
            eventTimestamp = header.Stamp.Event;
            return header.EarliestExpiry > now && header.VectorsStart == 0;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw StoredRowHeader.Malformed(e);
        }
    }

    /// <summary>What is to be known of a document to copy its features without looking at it again.</summary>
    /// <exception cref="StoredRowFormatException">The document is no stored row that this version can read.</exception>
    public static StoredRowOutline Outline(ReadOnlyMemory<byte> document)
    {
        try
        {
            var header = StoredRowHeader.Read(document);
            return new StoredRowOutline(
                document.Length - 1 - header.Features.Length, header.Features.Length, header.VectorsStart == 0 ? header.EarliestExpiry : Timestamp.Earliest,
                header.Stamp.Event, header.KeptUntil);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw StoredRowHeader.Malformed(e);
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
            var header = StoredRowHeader.Read(document);
            keptUntil = header.KeptUntil;
            return ReadRow(document, header);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw StoredRowHeader.Malformed(e);
        }
    }

    private static StoredRow ReadRow(ReadOnlyMemory<byte> document, in StoredRowHeader header)
    {
        var entries = _scratch ?? new List<FeatureEntry>(64);
        _scratch = null;
        entries.Clear();
        var scanner = new FeatureScanner(header.Features.Span);
        while (scanner.Read())
        {
            entries.Add(new FeatureEntry(
                scanner.Name(header.Features), header.Stamp, EntryKind.Value, header.Expiry,
                header.Features.Slice(scanner.ValueStart, scanner.ValueLength), Timestamp.Earliest));
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

    private static void ReadDiffering(ReadOnlyMemory<byte> document, in StoredRowHeader header, Span<FeatureEntry> entries)
    {
        var part = document[header.DiffersStart..];
        var reader = new Utf8JsonReader(part.Span, StoredRowHeader.ReaderOptions);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
        {
            var mark = StoredRowHeader.ReadMark(ref reader, header.Shared);
            while (StoredRowHeader.ReadGroupName(ref reader, part) is { } name)
            {
                var at = IndexOf(entries, name.Span);
                entries[at] = entries[at] with { Stamp = mark.Stamp, Expiry = mark.Expiry, KeptUntil = mark.KeptUntil };
            }
        }
    }

    private static void ReadVectors(ReadOnlyMemory<byte> document, in StoredRowHeader header, Span<FeatureEntry> entries)
    {
        var part = document[header.VectorsStart..];
        var reader = new Utf8JsonReader(part.Span, StoredRowHeader.ReaderOptions);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.String)
        {
            var at = IndexOf(entries, StoredRowHeader.Name(ref reader, part).Span);
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
        var reader = new Utf8JsonReader(part.Span, StoredRowHeader.ReaderOptions);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
        {
            var mark = StoredRowHeader.ReadMark(ref reader, new StoredMark(default, Timestamp.Never, Timestamp.Earliest));
            while (StoredRowHeader.ReadGroupName(ref reader, part) is { } name)
            {
                entries.Add(new FeatureEntry(name, mark.Stamp, kind, mark.Expiry, default, mark.KeptUntil));
            }
        }

        return true;
    }
}
