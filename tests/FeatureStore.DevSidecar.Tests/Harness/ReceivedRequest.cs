using System.Text.Json;

namespace FeatureStore.DevSidecar.Tests.Harness;

/// <summary>A request that the app got.</summary>
internal sealed record ReceivedRequest(string Method, string Target, IReadOnlyDictionary<string, string> Headers, string Body)
{
    public JsonElement Json => JsonDocument.Parse(Body).RootElement;

    /// <summary>The entries of a bulk delivery.</summary>
    public JsonElement[] Entries => [.. Json.GetProperty("entries").EnumerateArray()];

    /// <summary>The broker's bytes of a raw bulk entry, as text.</summary>
    public static string RawText(JsonElement entry) => System.Text.Encoding.UTF8.GetString(entry.GetProperty("event").GetBytesFromBase64());
}
