using System.Text;
using System.Text.Json;
using FeatureStore.DevSidecar.Json;
using FeatureStore.DevSidecar.PubSub;

namespace FeatureStore.DevSidecar.HttpApi;

/// <summary>Reads the body of a bulk publish. Its events are decoded into interface{}: numbers pass through float64.</summary>
internal static class BulkPublishBody
{
    /// <returns>The entries; null when an event does not suit its content type.</returns>
    public static IReadOnlyList<BulkEntry>? Read(byte[] body)
    {
        using var document = JsonDocument.Parse(body);
        if (document.RootElement.ValueKind is not JsonValueKind.Array)
        {
            throw new FormatException(
                $"json: cannot unmarshal {document.RootElement.ValueKind.ToString().ToLowerInvariant()} into Go value of type []http.bulkPublishMessageEntry");
        }

        var entries = new List<BulkEntry>();
        foreach (var item in document.RootElement.EnumerateArray())
        {
            var contentType = Text(item, "contentType");
            var given = item.TryGetProperty("event", out var value) ? value : default;
            if (Data(given, contentType) is not { } data)
            {
                return null;
            }

            entries.Add(new BulkEntry(Text(item, "entryId"), data, contentType, Metadata(item)));
        }

        return entries;
    }

    private static byte[]? Data(JsonElement given, string contentType)
    {
        if (contentType.Contains("json", StringComparison.OrdinalIgnoreCase))
        {
            return given.ValueKind is JsonValueKind.Undefined ? "null"u8.ToArray() : GoJsonWriter.Rewrite(given, numbersAsFloat64: true);
        }

        if (given.ValueKind is not JsonValueKind.String)
        {
            return null;
        }

        return contentType.StartsWith("application/octet-stream", StringComparison.OrdinalIgnoreCase)
            ? given.TryGetBytesFromBase64(out var bytes) ? bytes : null
            : Encoding.UTF8.GetBytes(given.GetString()!);
    }

    private static Dictionary<string, string>? Metadata(JsonElement item) =>
        item.TryGetProperty("metadata", out var metadata) && metadata.ValueKind is JsonValueKind.Object
            ? metadata.EnumerateObject().ToDictionary(m => m.Name, m => m.Value.ToString())
            : null;

    private static string Text(JsonElement item, string name) =>
        item.ValueKind is JsonValueKind.Object && item.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String
            ? value.GetString()!
            : "";
}
