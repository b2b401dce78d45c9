using System.Buffers;
using System.Text;
using System.Text.Json;

namespace FeatureStore.Dapr;

/// <summary>
/// An event of topic <c>feature-changes</c>: the rows that a writer has just saved, numbered so that a reader sees when one is
/// missing; or a reader's own probe.
/// </summary>
/// <remarks>
/// <code>{"v":1,"writer":"…","sequence":7,"rows":[["airport_weather/EWR",412],…]}⏎ and the documents, one after another
/// {"v":1,"writer":"…","sequence":7}⏎            all up to number 7 were sent
/// {"v":1,"writer":"…","sequence":7,"ends":true}⏎  and no more will be
/// {"v":1,"probe":"…","number":12}⏎              a reader's</code>
/// The keys stand in front and the documents are not looked into, so that a reader takes apart only what it holds.
/// </remarks>
public sealed class ChangeEvent
{
    private const int FormatVersion = 1;

    private ChangeEvent(string? writer, long sequence, bool ends, string? probe, IReadOnlyList<ChangedRow> rows)
    {
        Writer = writer;
        Sequence = sequence;
        Ends = ends;
        Probe = probe;
        Rows = rows;
    }

    /// <summary>The writer's incarnation; null for a probe.</summary>
    public string? Writer { get; }

    /// <summary>The number of the event among the writer's, from 1, or of the last one sent where there are no rows; of a probe among its reader's.</summary>
    public long Sequence { get; }

    /// <summary>Whether the writer sends no more.</summary>
    public bool Ends { get; }

    /// <summary>The reader whose probe this is; null for a writer's event.</summary>
    public string? Probe { get; }

    /// <summary>What was saved.</summary>
    public IReadOnlyList<ChangedRow> Rows { get; }

    /// <summary>An event of rows that were saved.</summary>
    public static byte[] OfRows(string writer, long sequence, IReadOnlyList<ChangedRow> rows)
    {
        var output = new ArrayBufferWriter<byte>(128 + rows.Sum(row => row.Document.Length + row.Key.Length + 16));
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            json.WriteNumber("v"u8, FormatVersion);
            json.WriteString("writer"u8, writer);
            json.WriteNumber("sequence"u8, sequence);
            json.WriteStartArray("rows"u8);
            foreach (var row in rows)
            {
                json.WriteStartArray();
                json.WriteStringValue(row.Key);
                json.WriteNumberValue(row.Document.Length);
                json.WriteEndArray();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        output.Write("\n"u8);
        foreach (var row in rows)
        {
            output.Write(row.Document.Span);
        }

        return output.WrittenSpan.ToArray();
    }

    /// <summary>What a writer says between events, so that the loss of its last one is noticed.</summary>
    public static byte[] Mark(string writer, long sequence, bool ends) =>
        Encoding.UTF8.GetBytes(FormattableString.Invariant($"{{\"v\":{FormatVersion},\"writer\":\"{writer}\",\"sequence\":{sequence}{(ends ? ",\"ends\":true" : "")}}}\n"));

    /// <summary>A reader's probe.</summary>
    public static byte[] OfProbe(string reader, long number) =>
        Encoding.UTF8.GetBytes(FormattableString.Invariant($"{{\"v\":{FormatVersion},\"probe\":\"{reader}\",\"number\":{number}}}\n"));

    /// <summary>Reads an event; its documents are slices of it.</summary>
    /// <exception cref="FormatException">It is no event that this version can read.</exception>
    public static ChangeEvent Read(ReadOnlyMemory<byte> payload)
    {
        var end = payload.Span.IndexOf((byte)'\n');
        if (end < 0)
        {
            throw new FormatException("A change event is not readable.");
        }

        try
        {
            using var header = JsonDocument.Parse(payload[..end]);
            var root = header.RootElement;
            if (root.GetProperty("v").GetInt32() != FormatVersion)
            {
                throw new FormatException($"A change event has format version {root.GetProperty("v").GetInt32()}; this version of the feature store reads {FormatVersion}.");
            }

            if (root.TryGetProperty("probe", out var probe))
            {
                return new ChangeEvent(null, root.GetProperty("number").GetInt64(), false, probe.GetString(), []);
            }

            return new ChangeEvent(
                root.GetProperty("writer").GetString(), root.GetProperty("sequence").GetInt64(),
                root.TryGetProperty("ends", out var ends) && ends.GetBoolean(), null,
                root.TryGetProperty("rows", out var rows) ? ReadRows(rows, payload[(end + 1)..]) : []);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or ArgumentOutOfRangeException)
        {
            throw new FormatException("A change event is not readable.", e);
        }
    }

    private static List<ChangedRow> ReadRows(JsonElement rows, ReadOnlyMemory<byte> documents)
    {
        var read = new List<ChangedRow>(rows.GetArrayLength());
        foreach (var row in rows.EnumerateArray())
        {
            var length = row[1].GetInt32();
            read.Add(new ChangedRow(row[0].GetString()!, documents[..length]));
            documents = documents[length..];
        }

        return read;
    }
}

/// <summary>A row as it was saved.</summary>
/// <param name="Key">Its state key.</param>
/// <param name="Document">Its document.</param>
public readonly record struct ChangedRow(string Key, ReadOnlyMemory<byte> Document);
