using System.Text.Json;
using FeatureStore.DaprConformance.App;

namespace FeatureStore.DaprConformance.Comparing;

/// <summary>Compares the calls that the app got, in order.</summary>
public static class CallComparison
{
    public static void Calls(this Comparison comparison, JsonElement recorded, IReadOnlyList<AppCall> actual)
    {
        if (recorded.GetArrayLength() != actual.Count)
        {
            comparison.Add("calls", recorded.GetRawText(), string.Join(", ", actual.Select(c => $"{c.Method} {c.Target}")));
            return;
        }

        for (var i = 0; i < actual.Count; i++)
        {
            comparison.Call($"calls[{i}]", recorded[i], actual[i]);
        }
    }

    public static void Call(this Comparison comparison, string at, JsonElement recorded, AppCall actual)
    {
        if (recorded.ValueKind is JsonValueKind.String)
        {
            // In short: the verb, if any, and the path.
            comparison.Text(at, recorded.GetString()!, recorded.GetString()!.StartsWith('/') ? actual.Target : $"{actual.Method} {actual.Target}");
            return;
        }

        comparison.Text($"{at}.method", recorded.GetProperty("method").GetString()!, actual.Method);
        comparison.Text($"{at}.path", recorded.GetProperty("path").GetString()!, actual.Target);
        if (recorded.TryGetProperty("headers", out var headers))
        {
            comparison.Headers($"{at}.headers", headers, actual.Headers);
        }

        if (recorded.TryGetProperty("body", out var body))
        {
            comparison.Body($"{at}.body", body, actual.Body);
        }
    }
}
