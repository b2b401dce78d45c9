using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace FeatureStore.History;

/// <summary>The names of features as <see cref="HistoryColumns.Present"/> has them.</summary>
public static class PresentText
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="names">The names in the order of their UTF-8 bytes.</param>
    public static string Of(IEnumerable<string> names)
    {
        using var text = new MemoryStream();
        using (var json = new Utf8JsonWriter(text, Options))
        {
            json.WriteStartArray();
            foreach (var name in names)
            {
                json.WriteStringValue(name);
            }

            json.WriteEndArray();
        }

        return Encoding.UTF8.GetString(text.GetBuffer(), 0, (int)text.Length);
    }

    /// <summary>The names that a text has.</summary>
    public static IReadOnlyList<string> Names(string present) => JsonSerializer.Deserialize(present, HistoryJson.Default.IReadOnlyListString)!;
}
