namespace FeatureStore.Model;

/// <summary>
/// What rows may still hold that is declared no longer: a view that was removed, or features that were removed from one. Their
/// data is kept, so that declaring them again differently would misread it.
/// </summary>
/// <param name="Keys">The join keys under which the view's rows are stored.</param>
/// <param name="WasOpen">Whether it took features of any type.</param>
/// <param name="Features">The types in which its removed features are stored, by name.</param>
public sealed record RetiredView(IReadOnlyList<JoinKey> Keys, bool WasOpen, IReadOnlyDictionary<string, FeatureType> Features)
{
    /// <summary>What of a view's stored data is declared no longer once it is removed, or replaced by another declaration.</summary>
    /// <param name="known">What of it was retired before.</param>
    /// <param name="before">The view as it was declared.</param>
    /// <param name="keys">Its entity's join keys.</param>
    /// <param name="after">The view as it is declared now; null if it is removed.</param>
    /// <returns>Null if all that is stored is declared.</returns>
    internal static RetiredView? Of(RetiredView? known, FeatureView before, IReadOnlyList<JoinKey> keys, FeatureView? after)
    {
        var features = new SortedDictionary<string, FeatureType>(StringComparer.Ordinal);
        foreach (var (name, type) in known?.Features ?? new Dictionary<string, FeatureType>())
        {
            features[name] = type;
        }

        foreach (var feature in before.Features)
        {
            features[feature.Name] = feature.Type;
        }

        foreach (var feature in after?.Features ?? [])
        {
            features.Remove(feature.Name);
        }

        return after is null || features.Count > 0
            ? new RetiredView(keys, before.IsOpen || known is { WasOpen: true }, features)
            : null;
    }
}
