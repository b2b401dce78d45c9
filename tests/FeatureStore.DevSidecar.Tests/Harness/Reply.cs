using System.Text.Json;

namespace FeatureStore.DevSidecar.Tests.Harness;

/// <summary>What the app answers.</summary>
internal sealed record Reply(int Status = 200, string Body = "", string? ContentType = null, IReadOnlyDictionary<string, string>? Headers = null)
{
    public static Reply Json(string body) => new(200, body, "application/json");

    /// <summary>A status for every entry of a bulk delivery.</summary>
    public static Reply Statuses(ReceivedRequest request, Func<JsonElement, int, string> statusOf) => Json(JsonSerializer.Serialize(new
    {
        statuses = request.Entries.Select((entry, i) => new { entryId = entry.GetProperty("entryId").GetString(), status = statusOf(entry, i) }),
    }));

    public static Reply AllSucceeded(ReceivedRequest request) => Statuses(request, (_, _) => "SUCCESS");
}
