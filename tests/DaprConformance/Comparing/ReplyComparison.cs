using System.Text.Json;
using FeatureStore.DaprConformance.Calls;

namespace FeatureStore.DaprConformance.Comparing;

/// <summary>Compares answers and headers.</summary>
public static class ReplyComparison
{
    /// <summary>Set by the server or the connection, not by the API.</summary>
    private static readonly HashSet<string> Ignored = new(StringComparer.OrdinalIgnoreCase)
    {
        "Date", "Server", "Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive", "Host", "User-Agent", "Accept-Encoding",
    };

    private const string Traceparent = "Traceparent";
    private const string NotSampled = "00-00000000000000000000000000000000-0000000000000000-00";

    public static void Http(this Comparison comparison, JsonElement recorded, HttpReply actual, bool byMembers = false)
    {
        comparison.Number("response.status", recorded.GetProperty("status").GetInt32(), actual.Status);
        if (recorded.TryGetProperty("headers", out var headers))
        {
            comparison.Headers("response.headers", headers, actual.Headers);
        }

        if (recorded.TryGetProperty("body", out var body))
        {
            if (byMembers && actual.Status == 200)
            {
                comparison.Json("response.body", MetadataOrder.Sorted(Parse(RecordedText.Of(body))), MetadataOrder.Sorted(Parse(RecordedText.Of(actual.Body))));
            }
            else
            {
                comparison.Body("response.body", body, actual.Body);
            }
        }
    }

    private static JsonElement Parse(string text) => JsonDocument.Parse(text).RootElement;

    public static void Grpc(this Comparison comparison, JsonElement recorded, GrpcReply actual)
    {
        comparison.Text("response.status", recorded.GetProperty("status").GetString()!, actual.Status);
        comparison.Text("response.details", recorded.TryGetProperty("details", out var details) ? details.GetString()! : "", actual.Details);
        if (recorded.TryGetProperty("message", out var message))
        {
            comparison.Text("response.message", message.GetString()!, actual.Message);
        }

        if (recorded.TryGetProperty("body", out var body) && actual.Body is { } found)
        {
            var isMetadata = actual.Message.EndsWith(".GetMetadataResponse", StringComparison.Ordinal);
            comparison.Json("response.body", isMetadata ? MetadataOrder.Sorted(body) : body, isMetadata ? MetadataOrder.Sorted(found) : found);
        }

        var none = JsonSerializer.SerializeToElement(Array.Empty<object>());
        comparison.Json(
            "response.error_details", recorded.TryGetProperty("error_details", out var errors) ? errors : none, JsonSerializer.SerializeToElement(actual.ErrorDetails));
    }

    /// <summary>Compares headers both ways: one that is there and was not recorded differs too.</summary>
    public static void Headers(this Comparison comparison, string at, JsonElement recorded, IReadOnlyDictionary<string, string> actual)
    {
        var expected = recorded.EnumerateObject().ToDictionary(h => h.Name, h => h.Value.GetString()!, StringComparer.OrdinalIgnoreCase);
        if (!expected.TryGetValue(Traceparent, out var trace) || trace == NotSampled)
        {
            // Zero stands for a trace that was not sampled: what identifies it tells nothing.
            expected[Traceparent] = actual.GetValueOrDefault(Traceparent, "");
        }

        // An agent that the caller gave itself is passed on; else it is that of the server's own client.
        var agent = expected.TryGetValue("User-Agent", out var given) && !given.StartsWith("Go-http-client", StringComparison.Ordinal) ? "User-Agent" : null;
        foreach (var name in expected.Keys.Union(actual.Keys, StringComparer.OrdinalIgnoreCase).Where(n => n.Equals(agent, StringComparison.OrdinalIgnoreCase) || !Ignored.Contains(n)))
        {
            var was = expected.GetValueOrDefault(name, "(absent)");
            var found = actual.FirstOrDefault(h => h.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value ?? (name == Traceparent && was.Length == 0 ? "" : "(absent)");
            comparison.Text($"{at}.{name}", was, found);
        }
    }
}
