using FeatureStore.Model;

namespace FeatureStore.FeatureApi.Serving;

/// <summary>The names under which features are served: their own, with the view's before it where two share one.</summary>
internal static class ServedNames
{
    /// <summary>The name of each feature, of which no two have one.</summary>
    /// <param name="features">The features.</param>
    /// <param name="given">The names that the caller has given with the view's before them, which are kept if they can be; null for others.</param>
    public static string[] Apart(IReadOnlyList<FeatureReference> features, IReadOnlyList<string?>? given = null)
    {
        var names = new string[features.Count];
        var hasView = new bool[names.Length];
        for (var i = 0; i < names.Length; i++)
        {
            hasView[i] = given?[i] is not null;
            names[i] = given?[i] ?? features[i].Feature;
        }

        // A name that was just made may be another feature's own.
        while (Shared(features, names) is { Count: > 0 } shared)
        {
            foreach (var places in shared)
            {
                var bare = Array.FindAll(places, i => !hasView[i]);
                foreach (var i in bare.Length > 0 ? bare : places)
                {
                    names[i] = $"{features[i].View}__{names[i]}";
                    hasView[i] = true;
                }
            }
        }

        return names;
    }

    private static List<int[]> Shared(IReadOnlyList<FeatureReference> features, string[] names) =>
        [.. Enumerable.Range(0, names.Length).GroupBy(i => names[i], StringComparer.Ordinal).Select(group => group.ToArray())
            .Where(places => places.Length > 1 && places.Select(i => features[i]).Distinct().Skip(1).Any())];
}
