using FeatureStore.Model;

namespace FeatureStore.Cli;

/// <summary>Says which columns there are when one is not.</summary>
internal static class ColumnHint
{
    private const int MostShown = 40;

    /// <summary>One sentence: the closest name, if any, and all there are.</summary>
    public static string Of(string name, IReadOnlyCollection<string> candidates)
    {
        var closest = ClosestName.Of(name, candidates);
        var listed = string.Join(", ", candidates.Take(MostShown));
        var more = candidates.Count > MostShown ? $" and {candidates.Count - MostShown} more" : "";
        return $"{(closest is null ? "" : $"Did you mean \"{closest}\"? ")}The columns are: {listed}{more}.";
    }
}
