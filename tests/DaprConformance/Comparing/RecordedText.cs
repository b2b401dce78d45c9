using System.Text;
using System.Text.Json;

namespace FeatureStore.DaprConformance.Comparing;

/// <summary>Bytes as the recordings show them: as text, or, where they are none, as <c>{"base64": …}</c>.</summary>
public static class RecordedText
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    public static string Of(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return Strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return Base64(Convert.ToBase64String(bytes));
        }
    }

    /// <summary>The recording of bytes, in the same form. A JSON value stands for its text.</summary>
    public static string Of(JsonElement recorded) => recorded.ValueKind switch
    {
        JsonValueKind.String => recorded.GetString()!,
        JsonValueKind.Null => "",
        JsonValueKind.Object when recorded.TryGetProperty("base64", out var bytes) => Base64(bytes.GetString()!),
        _ => recorded.GetRawText(),
    };

    /// <summary>The bytes that a recording stands for.</summary>
    public static byte[] Bytes(JsonElement recorded, Func<string, string> fill) =>
        recorded.ValueKind is JsonValueKind.Object && recorded.TryGetProperty("base64", out var bytes)
            ? bytes.GetBytesFromBase64()
            : Encoding.UTF8.GetBytes(Elided.Expand(fill(Of(recorded))));

    private static string Base64(string text) => $"(bytes) {text}";
}
