using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace FeatureStore.SystemTests.Feast;

/// <summary>Finds where an answer is not what a client of Feast would take for the same.</summary>
internal static class AnswerComparison
{
    /// <summary>The body as it is compared: a string that holds JSON is taken apart.</summary>
    public static JsonNode? Read(string body)
    {
        var node = body.Length == 0 ? null : JsonNode.Parse(body);
        return node is JsonValue value && value.TryGetValue<string>(out var text) ? new JsonObject { ["text"] = JsonNode.Parse(text) } : node;
    }

    public static IEnumerable<string> Differences(JsonNode? expected, JsonNode? actual, string path = "")
    {
        if (expected is JsonObject left && actual is JsonObject right)
        {
            return left.Select(member => member.Key).Union(right.Select(member => member.Key))
                .SelectMany(name => Differences(left[name], right[name], $"{path}/{name}"));
        }

        if (expected is JsonArray first && actual is JsonArray second && first.Count == second.Count)
        {
            return first.SelectMany((element, i) => Differences(element, second[i], $"{path}/{i}"));
        }

        return IsSame(expected, actual) ? [] : [$"{path}: {expected?.ToJsonString() ?? "null"} is expected, not {actual?.ToJsonString() ?? "null"}"];
    }

    private static bool IsSame(JsonNode? expected, JsonNode? actual)
    {
        if (expected?.GetValueKind() != actual?.GetValueKind() || expected is null || actual is null)
        {
            return expected is null && actual is null;
        }

        if (expected.GetValueKind() != JsonValueKind.Number)
        {
            return JsonNode.DeepEquals(expected, actual);
        }

        // Clients take a number with a point for a double, and one without for an integer.
        var (left, right) = (expected.ToJsonString(), actual.ToJsonString());
        return IsFloat(left) == IsFloat(right)
            && (IsFloat(left) ? double.Parse(left, CultureInfo.InvariantCulture).Equals(double.Parse(right, CultureInfo.InvariantCulture)) : left == right);
    }

    private static bool IsFloat(string number) => number.AsSpan().IndexOfAny('.', 'e', 'E') >= 0;
}
