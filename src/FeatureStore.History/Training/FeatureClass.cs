namespace FeatureStore.History;

/// <summary>Features of one view that rows always name together, so that one row decides for all of them.</summary>
/// <param name="History">The view.</param>
/// <param name="Features">The features, at least one.</param>
/// <param name="Patterns">What rows of the view say at all; null where that is not known.</param>
internal sealed record FeatureClass(ViewHistory History, IReadOnlyList<FeatureColumn> Features, IReadOnlyList<NamedPattern>? Patterns)
{
    /// <summary>Whether the name, where it is only one, stands in <see cref="HistoryColumns.Present"/> as it is, with nothing escaped.</summary>
    public bool HasPlainName => Features[0].Name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '_');

    /// <summary>Sorts features of a view into classes.</summary>
    public static IEnumerable<FeatureClass> Of(ViewHistory history, IEnumerable<FeatureColumn> features)
    {
        if (history.Files.Any(file => file.Facts.Patterns is null))
        {
            return features.Select(feature => new FeatureClass(history, [feature], null));
        }

        var patterns = history.Files.SelectMany(file => file.Facts.Patterns!).Distinct().Select(NamedPattern.Of).ToList();
        return features
            .GroupBy(feature => string.Concat(patterns.Select(pattern => pattern.Names.Contains(feature.Name) ? '1' : '0')))
            .Select(group => new FeatureClass(history, [.. group], patterns));
    }

    /// <summary>Whether rows of a pattern name the features.</summary>
    public bool IsNamedBy(NamedPattern pattern) => pattern.Names.Contains(Features[0].Name);

    /// <summary>Whether rows of a pattern say something of the features.</summary>
    public bool IsMetBy(NamedPattern pattern) => IsNamedBy(pattern) || pattern.IsReplace || pattern is { IsDelete: true, Names.Count: 0 };
}

/// <summary>An operation and the features that it names.</summary>
internal sealed record NamedPattern(RowPattern Pattern, IReadOnlySet<string> Names)
{
    public bool IsReplace => Pattern.Operation == "replace";

    public bool IsDelete => Pattern.Operation == "delete";

    public static NamedPattern Of(RowPattern pattern) =>
        new(pattern, PresentText.Names(pattern.Present).ToHashSet(StringComparer.Ordinal));
}
