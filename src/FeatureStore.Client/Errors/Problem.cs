using System.Net;
using System.Text.Json;

namespace FeatureStore.Client;

/// <summary>A failure as a service describes it (RFC 9457), or what can be said of one that it does not describe.</summary>
internal sealed record Problem(HttpStatusCode Status)
{
    public const string NotFoundType = "urn:featurestore:not-found";

    /// <summary>By which an entity without features is told from a view that does not exist: both are 404 of one type.</summary>
    private const string NothingLive = "No live feature was found.";

    private const string DaprInvocation = "ERR_DIRECT_INVOKE";

    public string? Type { get; private init; }

    public string? Title { get; private init; }

    public string? Detail { get; private init; }

    public string? TraceId { get; private init; }

    public IReadOnlyList<FeatureStoreFault> Faults { get; private init; } = [];

    /// <summary>Whether it is the Dapr sidecar that speaks: it could not reach the service, or lost it on the way.</summary>
    public bool IsOfInvocation { get; private init; }

    /// <summary>Whether all is well but the entity has no live feature.</summary>
    public bool IsNothingLive => Status == HttpStatusCode.NotFound && Type == NotFoundType && Title == NothingLive && Faults.Count == 0;

    /// <summary>Reads the body of an answer that is no success.</summary>
    public static Problem Read(HttpStatusCode status, ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return Read(status, document.RootElement);
        }
        catch (JsonException)
        {
            return Foreign(status);
        }
    }

    private static Problem Read(HttpStatusCode status, JsonElement root)
    {
        if (Text(root, "errorCode") is { } daprError)
        {
            return new Problem(status)
            {
                Title = "The Dapr sidecar did not pass the call on.",
                Detail = $"{daprError}: {Text(root, "message")}",
                IsOfInvocation = daprError == DaprInvocation,
            };
        }

        if (Text(root, "type") is not { } type)
        {
            return Foreign(status);
        }

        return new Problem(status)
        {
            Type = type,
            Title = Text(root, "title"),
            Detail = Text(root, "detail"),
            TraceId = Text(root, "traceId"),
            Faults = [.. Errors(root)],
        };
    }

    /// <summary>The faults that a problem lists, those of bulk replies with the line that each is about.</summary>
    public static IEnumerable<FeatureStoreFault> Errors(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("errors", out var errors) || errors.ValueKind != JsonValueKind.Array)
        {
            yield break;
        }

        foreach (var error in errors.EnumerateArray())
        {
            long? index = error.ValueKind == JsonValueKind.Object && error.TryGetProperty("line", out var line) && line.TryGetInt64(out var number)
                ? number - 1
                : null;
            yield return new FeatureStoreFault(Text(error, "detail") ?? error.GetRawText(), Text(error, "member"), index);
        }
    }

    private static Problem Foreign(HttpStatusCode status) => new(status)
    {
        Detail = "The answer is not the feature store's own: is its address right, and is there a proxy on the way?",
    };

    private static string? Text(JsonElement element, string member) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;
}
