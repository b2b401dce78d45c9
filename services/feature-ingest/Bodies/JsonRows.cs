using System.Text.Json;
using System.Text.Unicode;
using FeatureStore.Model;

namespace FeatureStore.FeatureIngest.Bodies;

/// <summary>Finds the rows in a JSON text: one row, an array of them, or several of either after another.</summary>
internal static class JsonRows
{
    // One deeper than a row may be, for the array around it.
    private static readonly JsonReaderOptions ReaderOptions = new() { MaxDepth = FeatureReader.MaxDepth + 1, AllowMultipleValues = true };

    /// <summary>The text of each row: slices of the body.</summary>
    /// <param name="json">The text.</param>
    /// <param name="faults">Receives a fault if the text is not JSON.</param>
    public static List<ReadOnlyMemory<byte>> Split(ReadOnlyMemory<byte> json, ICollection<Fault> faults)
    {
        var rows = new List<ReadOnlyMemory<byte>>();
        if (!Utf8.IsValid(json.Span))
        {
            faults.Add(Fault.Malformed("The text is not valid UTF-8."));
            return rows;
        }

        try
        {
            var reader = new Utf8JsonReader(json.Span, ReaderOptions);
            while (reader.Read())
            {
                if (reader.TokenType != JsonTokenType.StartArray)
                {
                    rows.Add(Slice(ref reader, json));
                    continue;
                }

                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    rows.Add(Slice(ref reader, json));
                }
            }

            if (rows.Count == 0 && json.Trim(" \t\r\n"u8).IsEmpty)
            {
                faults.Add(Fault.Malformed("The body is empty; a row or an array of rows is expected."));
            }
        }
        catch (JsonException e)
        {
            faults.Add(FeatureReader.NotJson(e, json.Span));
        }

        return rows;
    }

    private static ReadOnlyMemory<byte> Slice(ref Utf8JsonReader reader, ReadOnlyMemory<byte> json)
    {
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return json[start..(int)reader.BytesConsumed];
    }
}
