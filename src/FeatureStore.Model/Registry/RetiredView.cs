using System.Text;

namespace FeatureStore.Model;

/// <summary>
/// What rows may still hold that is declared no longer: a view that was removed, or features that were removed from one. Their
/// data is kept, so that declaring them again differently would misread it.
/// </summary>
/// <param name="Entity">What the view described, with the join keys under which its rows are stored.</param>
/// <param name="WasOpen">Whether it took features of any type.</param>
/// <param name="Features">The types in which its removed features are stored, by name.</param>
public sealed record RetiredView(Entity Entity, bool WasOpen, IReadOnlyDictionary<string, FeatureType> Features)
{
    /// <summary>The views that are declared of an entity and those that were, by name.</summary>
    /// <param name="entity">The entity's name.</param>
    /// <param name="registry">What is declared.</param>
    /// <param name="retired">What was.</param>
    public static IReadOnlyList<string> ViewsOf(string entity, Registry registry, IReadOnlyDictionary<string, RetiredView> retired)
    {
        var keys = registry.Entities.GetValueOrDefault(entity)?.Keys;

        // An entity that was removed and declared anew with other keys is another one.
        return [.. registry.ViewsOf(entity).Select(view => view.Name)
            .Concat(retired.Where(one => one.Value.Entity.Name == entity && (keys is null || one.Value.Entity.Keys.SequenceEqual(keys))).Select(one => one.Key))
            .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
    }

    /// <summary>Whether rows may hold a feature of a name that is declared no longer.</summary>
    /// <param name="name">The name in UTF-8.</param>
    internal bool Had(ReadOnlySpan<byte> name) => WasOpen || Features.ContainsKey(Encoding.UTF8.GetString(name));

    /// <summary>Says which of the features to delete a removed view never had.</summary>
    internal void CheckFeatures(string view, FeatureValue[] features, ICollection<Fault> faults)
    {
        foreach (var feature in features.Where(feature => !Had(feature.Name.Span)))
        {
            var name = Encoding.UTF8.GetString(feature.Name.Span);
            faults.Add(Fault.Invalid($"The view '{view}', which is declared no longer, had no feature '{StateKey.Shorten(name)}'.{ClosestName.Suggestion(name, Features.Keys)}", name));
        }
    }

    /// <summary>What of a view's stored data is declared no longer once it is removed, or replaced by another declaration.</summary>
    /// <param name="known">What of it was retired before.</param>
    /// <param name="before">The view as it was declared.</param>
    /// <param name="entity">What it describes.</param>
    /// <param name="after">The view as it is declared now; null if it is removed.</param>
    /// <returns>Null if all that is stored is declared.</returns>
    internal static RetiredView? Of(RetiredView? known, FeatureView before, Entity entity, FeatureView? after)
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
            ? new RetiredView(entity with { Description = Description.None }, before.IsOpen || known is { WasOpen: true }, features)
            : null;
    }
}
