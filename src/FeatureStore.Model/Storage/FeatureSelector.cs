using System.Text.Json;

namespace FeatureStore.Model;

/// <summary>Reads some features of a stored row, without making anything of the others.</summary>
public static class FeatureSelector
{
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
            var header = StoredRowHeader.Read(document);
            SelectLive(header, names, entries);
            SelectMarked(document, header.DiffersStart, header.Shared, EntryKind.Value, names, entries);
            SelectMarked(document, header.ExpiredStart, new StoredMark(default, Timestamp.Never, Timestamp.Earliest), EntryKind.Expired, names, entries);
            SelectMarked(document, header.DeletedStart, new StoredMark(default, Timestamp.Never, Timestamp.Earliest), EntryKind.Deleted, names, entries);
            SelectVectors(document, header.VectorsStart, names, entries);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw StoredRowHeader.Malformed(e);
        }
    }

    /// <summary>
    /// Finds the values of some features in a row that is as most are: its features share one stamp and one expiry, all live, and
    /// nothing is known of others.
    /// </summary>
    /// <param name="document">The document. The values are slices of it.</param>
    /// <param name="now">The instant at which they have to live.</param>
    /// <param name="names">The names in the order of their UTF-8 bytes.</param>
    /// <param name="values">Receives for each name the value's JSON text, empty where there is none.</param>
    /// <param name="stamp">The stamp that they share.</param>
    /// <param name="expiry">Until when they are served.</param>
    /// <returns>False if the row is another, so that <see cref="Select"/> has to be asked; the values mean nothing then.</returns>
    /// <exception cref="StoredRowFormatException">The document is no stored row that this version can read.</exception>
    public static bool TrySelectShared(
        ReadOnlyMemory<byte> document, Timestamp now, ReadOnlySpan<ReadOnlyMemory<byte>> names, Span<ReadOnlyMemory<byte>> values,
        out Stamp stamp, out Timestamp expiry)
    {
        try
        {
            var header = StoredRowHeader.Read(document);
            (stamp, expiry) = (header.Stamp, header.Expiry);
            if ((header.DiffersStart | header.ExpiredStart | header.DeletedStart | header.VectorsStart) != 0 || header.Expiry <= now)
            {
                return false;
            }

            values[..names.Length].Clear();
            for (var scan = new SelectedScan(header.Features, names); scan.Read();)
            {
                values[scan.At] = scan.Value;
            }

            return true;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw StoredRowHeader.Malformed(e);
        }
    }

    private static void SelectLive(in StoredRowHeader header, ReadOnlySpan<ReadOnlyMemory<byte>> names, Span<FeatureEntry> entries)
    {
        for (var scan = new SelectedScan(header.Features, names); scan.Read();)
        {
            entries[scan.At] = new FeatureEntry(names[scan.At], header.Stamp, EntryKind.Value, header.Expiry, scan.Value, Timestamp.Earliest);
        }
    }

    /// <summary>Goes over those features of an object that are named; both are in the order of their bytes.</summary>
    private ref struct SelectedScan(ReadOnlyMemory<byte> features, ReadOnlySpan<ReadOnlyMemory<byte>> names)
    {
        private readonly ReadOnlySpan<ReadOnlyMemory<byte>> _names = names;
        private readonly ReadOnlySpan<byte> _text = features.Span;
        private FeatureScanner _scanner = new(features.Span);
        private int _next;

        /// <summary>The place of the feature among the names.</summary>
        public int At { get; private set; }

        public readonly ReadOnlyMemory<byte> Value => features.Slice(_scanner.ValueStart, _scanner.ValueLength);

        public bool Read()
        {
            while (_next < _names.Length && _scanner.Read())
            {
                var name = _scanner.NameIsEscaped ? _scanner.Name(features).Span : _text.Slice(_scanner.NameStart, _scanner.NameLength);
                var order = -1;
                while (_next < _names.Length && (order = _names[_next].Span.SequenceCompareTo(name)) < 0)
                {
                    _next++;
                }

                if (order == 0)
                {
                    At = _next++;
                    return true;
                }
            }

            return false;
        }
    }

    private static void SelectMarked(
        ReadOnlyMemory<byte> document, int start, StoredMark common, EntryKind kind, ReadOnlySpan<ReadOnlyMemory<byte>> names, Span<FeatureEntry> entries)
    {
        if (start == 0)
        {
            return;
        }

        var part = document[start..];
        var reader = new Utf8JsonReader(part.Span, StoredRowHeader.ReaderOptions);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
        {
            var mark = StoredRowHeader.ReadMark(ref reader, common);
            while (StoredRowHeader.ReadGroupName(ref reader, part) is { } name)
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
        var reader = new Utf8JsonReader(part.Span, StoredRowHeader.ReaderOptions);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.String)
        {
            if (IndexOf(names, StoredRowHeader.Name(ref reader, part).Span) is >= 0 and var at)
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
}
