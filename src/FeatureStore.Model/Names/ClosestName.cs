namespace FeatureStore.Model;

/// <summary>Finds what a misspelt name may have meant.</summary>
public static class ClosestName
{
    /// <summary>The candidate that takes the fewest edits, or null when none is near.</summary>
    public static string? Of(string name, IEnumerable<string> candidates) => candidates
        .Select(candidate => (candidate, distance: Distance(name.ToLowerInvariant(), candidate.ToLowerInvariant())))
        .Where(x => x.distance <= Math.Max(2, name.Length / 3))
        .OrderBy(x => x.distance)
        .Select(x => x.candidate)
        .FirstOrDefault();

    /// <summary>A sentence that asks for the closest name, with a blank before it; nothing when none is near.</summary>
    public static string Suggestion(string name, IEnumerable<string> candidates) =>
        Of(name, candidates) is { } closest ? $" Did you mean '{closest}'?" : "";

    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var substitution = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substitution, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[b.Length];
    }
}
