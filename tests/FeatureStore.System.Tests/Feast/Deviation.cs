using System.Text.Json.Nodes;

namespace FeatureStore.SystemTests.Feast;

/// <summary>One place at which the answer is meant to differ from what Feast's own server said.</summary>
/// <param name="Transcript">The transcript.</param>
/// <param name="Exchange">The exchange in it, counted from 1.</param>
/// <param name="Path">
/// Where in the answer: a JSON pointer. Below <c>/results</c> a column is named by its feature; below <c>/text</c> is the JSON that a string holds.
/// </param>
/// <param name="Instead">What is answered there.</param>
/// <param name="Reason">Why.</param>
internal sealed record Deviation(string Transcript, int Exchange, string Path, JsonNode? Instead, string Reason)
{
    public const string FeatureNames = "/metadata/feature_names";

    public static IReadOnlyList<Deviation> ReadAll() => [.. FeastFiles.Read("deviations.json").AsArray().Select(entry => new Deviation(
        (string)entry!["transcript"]!, (int)entry["exchange"]!, (string)entry["path"]!, entry["instead"], (string)entry["reason"]!))];

    /// <summary>Puts what is answered in place of what was recorded.</summary>
    /// <returns>Whether there is such a place, at which something else was recorded.</returns>
    public bool Apply(JsonNode recorded)
    {
        var parts = Path.Split('/')[1..];
        var parent = recorded;
        foreach (var part in parts[..^1])
        {
            parent = Child(recorded, parent, part);
        }

        var before = parent is null ? null : Child(recorded, parent, parts[^1]);
        if (parent is null || JsonNode.DeepEquals(before, Instead))
        {
            return false;
        }

        if (Path == FeatureNames)
        {
            Rearrange(recorded);
        }

        if (parent is JsonArray array)
        {
            array[int.Parse(parts[^1], System.Globalization.CultureInfo.InvariantCulture)] = Instead?.DeepClone();
        }
        else
        {
            parent[parts[^1]] = Instead?.DeepClone();
        }

        return true;
    }

    /// <summary>Columns go with their names.</summary>
    private void Rearrange(JsonNode recorded)
    {
        var names = Names(recorded);
        var results = recorded["results"]!.AsArray();
        recorded["results"] = new JsonArray([.. Instead!.AsArray().Select(name => results[names.IndexOf((string)name!)]!.DeepClone())]);
    }

    private static JsonNode? Child(JsonNode root, JsonNode? parent, string part) => parent switch
    {
        JsonArray array when ReferenceEquals(array, root["results"]) => array[Names(root).IndexOf(part)],
        JsonArray array => array[int.Parse(part, System.Globalization.CultureInfo.InvariantCulture)],
        JsonObject node => node[part],
        _ => null,
    };

    private static List<string> Names(JsonNode answer) => [.. answer["metadata"]!["feature_names"]!.AsArray().Select(name => (string)name!)];
}
