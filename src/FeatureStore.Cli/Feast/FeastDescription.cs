using FeatureStore.Model;

namespace FeatureStore.Cli.Feast;

/// <summary>What people want to know of a definition, and what they are told of its name.</summary>
internal static class FeastDescription
{
    public static Description Of(string text, string owner, IEnumerable<KeyValuePair<string, string>> tags)
    {
        var sorted = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in tags)
        {
            sorted.Add(name, value);
        }

        return text.Length == 0 && owner.Length == 0 && sorted.Count == 0
            ? Description.None
            : new Description(text.Length == 0 ? null : text, owner.Length == 0 ? null : owner, sorted);
    }

    /// <summary>That a name is another one here, if it is.</summary>
    public static IEnumerable<string> Renamed(string name, string here, string what = "") => name == here ? [] : [$"{what}{name} is named {here}"];
}
