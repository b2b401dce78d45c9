using System.Text.Json;

namespace FeatureStore.Model;

/// <summary>What stands before the features in a stored document.</summary>
internal struct StoredRowHeader
{
    public static readonly JsonReaderOptions ReaderOptions = new() { MaxDepth = 128 };

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

    /// <summary>The stamp and expiry that the features share, but for those that differ.</summary>
    public readonly StoredMark Shared => new(Stamp, Expiry, Timestamp.Earliest);

    /// <summary>Reads the next name of a group, in whose array the reader stands; null, past the group, after the last.</summary>
    public static ReadOnlyMemory<byte>? ReadGroupName(ref Utf8JsonReader reader, ReadOnlyMemory<byte> part)
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

    /// <summary>Reads a document up to its features.</summary>
    public static StoredRowHeader Read(ReadOnlyMemory<byte> document)
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

        var header = new StoredRowHeader { Expiry = Timestamp.Never, EarliestExpiry = Timestamp.Never, KeptUntil = Timestamp.Never };
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

    private static void ReadHeaderMember(ref Utf8JsonReader reader, ref StoredRowHeader header)
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
                var mark = ReadMark(ref reader, new StoredMark(default, Timestamp.Never, default));
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
            var mark = ReadMark(ref reader, new StoredMark(default, Timestamp.Never, default));
            header.Floor = new Floor(mark.Stamp, mark.IsDelete, mark.KeptUntil);
        }
        else
        {
            throw new JsonException($"'{reader.GetString()}' is no member of a stored row.");
        }
    }

    /// <summary>Reads a stamp, up to the names of its group.</summary>
    public static StoredMark ReadMark(ref Utf8JsonReader reader, StoredMark mark)
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

    /// <summary>The name in which the reader stands, a slice of the text where it can be.</summary>
    public static ReadOnlyMemory<byte> Name(ref Utf8JsonReader reader, ReadOnlyMemory<byte> text)
    {
        if (!reader.ValueIsEscaped)
        {
            return text.Slice((int)reader.TokenStartIndex + 1, reader.ValueSpan.Length);
        }

        var name = new byte[reader.ValueSpan.Length];
        return name.AsMemory(0, reader.CopyString(name));
    }

    /// <summary>The failure that a document cannot be read.</summary>
    public static StoredRowFormatException Malformed(Exception e) =>
        new($"The document is not a stored row of the feature store: {e.Message}", e);
}

/// <summary>What a document says of one feature or of a group of them.</summary>
internal record struct StoredMark(Stamp Stamp, Timestamp Expiry, Timestamp KeptUntil)
{
    public bool IsDelete { get; set; }
}
