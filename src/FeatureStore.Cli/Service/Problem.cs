using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace FeatureStore.Cli.Service;

/// <summary>What a service answered when it did not do what was asked (RFC 9457), for a person.</summary>
internal static class Problem
{
    private const string MediaType = "application/problem+json";

    /// <summary>Whether the answer comes from a service of ours rather than from something else at that address.</summary>
    public static bool IsProblem(HttpContentHeaders headers) =>
        string.Equals(headers.ContentType?.MediaType, MediaType, StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether a problem lists faults of the request: what is not found may be a name that nobody declared.</summary>
    public static bool ListsFaults(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return Errors(document.RootElement).Any();
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>Title, detail, and each error on a line of its own.</summary>
    public static string Describe(ServiceEndpoint service, HttpStatusCode status, HttpContentHeaders headers, ReadOnlyMemory<byte> body)
    {
        if (!IsProblem(headers))
        {
            return $"{service.Address} answered {(int)status} and is perhaps not {service.Name}. Check {service.Option}.";
        }

        try
        {
            using var document = JsonDocument.Parse(body);
            return Describe(service, status, document.RootElement);
        }
        catch (JsonException)
        {
            return $"{service.Name} answered {(int)status} with a problem that cannot be read.";
        }
    }

    private static string Describe(ServiceEndpoint service, HttpStatusCode status, JsonElement problem)
    {
        var text = new StringBuilder($"{service.Name}: {Text(problem, "title") ?? status.ToString()} ({(int)status})");
        if (Text(problem, "detail") is { } detail)
        {
            text.Append('\n').Append(detail);
        }

        foreach (var error in Errors(problem))
        {
            var line = Place(error) + (Text(error, "detail") ?? error.GetRawText());

            // A problem of one error often has that error as its detail.
            if (Text(error, "detail") is not { } said || said != Text(problem, "detail"))
            {
                text.Append("\n  - ").Append(line);
            }
        }

        return TerminalText.Visible(text.ToString());
    }

    private static IEnumerable<JsonElement> Errors(JsonElement problem) =>
        problem.ValueKind == JsonValueKind.Object && problem.TryGetProperty("errors", out var errors)
        && errors.ValueKind == JsonValueKind.Array
            ? errors.EnumerateArray()
            : [];

    private static string Place(JsonElement error)
    {
        foreach (var member in (string[])["pointer", "parameter", "member", "line"])
        {
            if (error.ValueKind == JsonValueKind.Object && error.TryGetProperty(member, out var place))
            {
                return $"{(member is "pointer" or "member" ? "" : member + " ")}{place}: ";
            }
        }

        return "";
    }

    private static string? Text(JsonElement element, string member) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(member, out var value)
        && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;
}
