using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using FeatureStore.Model;

namespace FeatureStore.Dapr;

/// <summary>An event of topic <c>feature-history</c>: rows as they were accepted.</summary>
/// <remarks>
/// A head and a line for each row, times in microseconds since 1970:
/// <code>{"v":1,"rows":2}
/// {"key":"airport_weather/EWR","op":"merge","event":1764…,"created":1764…,"accepted":1764…,"ttl":3600000000,"id":"…","features":{"temp":39.0}}
/// {"key":"airport_weather/JFK","op":"delete","event":1764…,"created":1764…,"accepted":1764…,"deletes":["temp"]}</code>
/// <c>"vectors"</c> names the features whose value is a list of float32 in the form of <see cref="VectorText"/>. A delete without
/// <c>"deletes"</c> is of the whole row.
/// </remarks>
public static class HistoryEvent
{
    private const int FormatVersion = 1;

    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };
    private static readonly JsonReaderOptions ReaderOptions = new() { MaxDepth = FeatureReader.MaxDepth + 2, AllowMultipleValues = true };

    /// <summary>About the bytes that a row takes in an event.</summary>
    public static int SizeOf(AcceptedRow row)
    {
        var size = 160 + row.StateKey.Length + (row.EventId?.Length ?? 0);
        foreach (var (name, value, _) in row.Features)
        {
            size += name.Length + value.Length + 4;
        }

        return size;
    }

    /// <summary>Writes an event.</summary>
    public static void Write(ReadOnlySpan<AcceptedRow> rows, IBufferWriter<byte> output)
    {
        using var json = new Utf8JsonWriter(output, WriterOptions);
        json.WriteStartObject();
        json.WriteNumber("v"u8, FormatVersion);
        json.WriteNumber("rows"u8, rows.Length);
        json.WriteEndObject();
        foreach (var row in rows)
        {
            json.Flush();
            output.Write("\n"u8);
            json.Reset();
            Write(json, row);
        }

        json.Flush();
    }

    /// <summary>Reads an event; the values of its rows are slices of it.</summary>
    /// <exception cref="FormatException">It is no event that this version can read.</exception>
    public static IReadOnlyList<AcceptedRow> Read(ReadOnlyMemory<byte> payload)
    {
        try
        {
            // Not line by line: a value keeps its text, in which lines may break.
            var reader = new Utf8JsonReader(payload.Span, ReaderOptions);
            reader.Read();
            var count = ReadHead(ref reader);
            var rows = new List<AcceptedRow>(Math.Min(count, 100_000));
            while (reader.Read())
            {
                rows.Add(ReadRow(ref reader, payload));
            }

            return rows.Count == count ? rows : throw new FormatException($"A history event says that it has {count} rows and has {rows.Count}.");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            throw new FormatException("A history event is not readable.", e);
        }
    }

    private static void Write(Utf8JsonWriter json, AcceptedRow row)
    {
        json.WriteStartObject();
        json.WriteString("key"u8, row.StateKey);
        json.WriteString("op"u8, NameOf(row.Operation));
        json.WriteNumber("event"u8, row.Stamp.Event.Microseconds);
        json.WriteNumber("created"u8, row.Stamp.Created.Microseconds);
        json.WriteNumber("accepted"u8, row.AcceptedAt.Microseconds);
        if (row.TtlMicroseconds is { } ttl)
        {
            json.WriteNumber("ttl"u8, ttl);
        }

        if (row.EventId is { } id)
        {
            json.WriteString("id"u8, id);
        }

        if (row.Operation == RowOperation.Delete)
        {
            WriteNames(json, "deletes"u8, row.Features, vectors: false);
        }
        else
        {
            WriteNames(json, "vectors"u8, row.Features, vectors: true);
            json.WriteStartObject("features"u8);
            foreach (var (name, value, _) in row.Features)
            {
                json.WritePropertyName(name.Span);
                json.WriteRawValue(value.Span, skipInputValidation: true);
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteNames(Utf8JsonWriter json, ReadOnlySpan<byte> member, FeatureValue[] features, bool vectors)
    {
        var begun = false;
        foreach (var (name, _, isVector) in features)
        {
            if (vectors && !isVector)
            {
                continue;
            }

            if (!begun)
            {
                json.WriteStartArray(member);
                begun = true;
            }

            json.WriteStringValue(name.Span);
        }

        if (begun)
        {
            json.WriteEndArray();
        }
    }

    private static int ReadHead(ref Utf8JsonReader reader)
    {
        var (version, rows) = (0, -1);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var (isVersion, isRows) = (reader.ValueTextEquals("v"u8), reader.ValueTextEquals("rows"u8));
            reader.Read();
            if (isVersion)
            {
                version = reader.GetInt32();
            }
            else if (isRows)
            {
                rows = reader.GetInt32();
            }
            else
            {
                reader.Skip();
            }
        }

        return version == FormatVersion && rows >= 0
            ? rows
            : throw new FormatException($"A history event has format version {version}; this version of the feature store reads {FormatVersion}.");
    }

    private static AcceptedRow ReadRow(ref Utf8JsonReader reader, ReadOnlyMemory<byte> payload)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException();
        }

        string? key = null, id = null;
        RowOperation? operation = null;
        long? eventTimestamp = null, created = null, accepted = null, ttl = null;
        var features = new List<FeatureValue>(16);
        List<ReadOnlyMemory<byte>>? vectors = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var member = reader.ValueSpan;
            reader.Read();
            if (member.SequenceEqual("key"u8))
            {
                key = reader.GetString();
            }
            else if (member.SequenceEqual("op"u8))
            {
                operation = OperationOf(reader.ValueSpan);
            }
            else if (member.SequenceEqual("event"u8))
            {
                eventTimestamp = reader.GetInt64();
            }
            else if (member.SequenceEqual("created"u8))
            {
                created = reader.GetInt64();
            }
            else if (member.SequenceEqual("accepted"u8))
            {
                accepted = reader.GetInt64();
            }
            else if (member.SequenceEqual("ttl"u8))
            {
                ttl = reader.GetInt64();
            }
            else if (member.SequenceEqual("id"u8))
            {
                id = reader.GetString();
            }
            else if (member.SequenceEqual("vectors"u8))
            {
                vectors = ReadNames(ref reader, payload);
            }
            else if (member.SequenceEqual("deletes"u8))
            {
                features.AddRange(ReadNames(ref reader, payload).Select(name => new FeatureValue(name, default)));
            }
            else if (member.SequenceEqual("features"u8))
            {
                ReadFeatures(ref reader, payload, features);
            }
            else
            {
                reader.Skip();
            }
        }

        for (var i = 0; vectors is not null && i < features.Count; i++)
        {
            var name = features[i].Name;
            if (vectors.Exists(vector => vector.Span.SequenceEqual(name.Span)))
            {
                features[i] = features[i] with { IsVector = true };
            }
        }

        return new AcceptedRow
        {
            StateKey = key ?? throw new JsonException(),
            Operation = operation ?? throw new JsonException(),
            Stamp = new Stamp(new Timestamp(eventTimestamp ?? throw new JsonException()), new Timestamp(created ?? throw new JsonException())),
            AcceptedAt = new Timestamp(accepted ?? throw new JsonException()),
            TtlMicroseconds = ttl,
            EventId = id,
            Features = [.. features],
        };
    }

    private static void ReadFeatures(ref Utf8JsonReader reader, ReadOnlyMemory<byte> payload, List<FeatureValue> features)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = Name(ref reader, payload);
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            features.Add(new FeatureValue(name, payload[start..(int)reader.BytesConsumed]));
        }
    }

    private static List<ReadOnlyMemory<byte>> ReadNames(ref Utf8JsonReader reader, ReadOnlyMemory<byte> payload)
    {
        var names = new List<ReadOnlyMemory<byte>>();
        while (reader.Read() && reader.TokenType == JsonTokenType.String)
        {
            names.Add(Name(ref reader, payload));
        }

        return names;
    }

    /// <summary>A name without its escapes.</summary>
    private static ReadOnlyMemory<byte> Name(ref Utf8JsonReader reader, ReadOnlyMemory<byte> payload)
    {
        if (!reader.ValueIsEscaped)
        {
            return payload.Slice((int)reader.TokenStartIndex + 1, reader.ValueSpan.Length);
        }

        var name = new byte[reader.ValueSpan.Length];
        return name.AsMemory(0, reader.CopyString(name));
    }

    private static ReadOnlySpan<byte> NameOf(RowOperation operation) => operation switch
    {
        RowOperation.Merge => "merge"u8,
        RowOperation.Replace => "replace"u8,
        _ => "delete"u8,
    };

    private static RowOperation OperationOf(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("merge"u8) ? RowOperation.Merge
        : name.SequenceEqual("replace"u8) ? RowOperation.Replace
        : name.SequenceEqual("delete"u8) ? RowOperation.Delete
        : throw new JsonException();
}
