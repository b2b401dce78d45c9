namespace FeatureStore.Model;

/// <summary>A named group of features of one entity, written and expiring together.</summary>
public sealed record FeatureView
{
    /// <summary>Its name, with its version if it has one: <c>airport_weather</c>, <c>airport_weather@2</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The name of the entity that it describes.</summary>
    public required string Entity { get; init; }

    /// <summary>Its features, in the order in which they are declared.</summary>
    public required IReadOnlyList<Feature> Features { get; init; }

    /// <summary>Whether it takes features that are not declared, of any type.</summary>
    public bool IsOpen { get; init; }

    /// <summary>How long after its event timestamp a value is served; null for ever. A row may ask for less.</summary>
    public TimeSpan? Ttl { get; init; }

    /// <summary>How old a served value is expected to be at the most; null where nothing is expected.</summary>
    public TimeSpan? Freshness { get; init; }

    public ServingMode Serving { get; init; }

    /// <summary>How long the stamp of an expired value is kept; null for as long as its ttl, within the store's limits.</summary>
    public TimeSpan? Lateness { get; init; }

    /// <summary>How long history keeps a row after its event timestamp; null for ever. What is served still is kept longer.</summary>
    public TimeSpan? Retention { get; init; }

    /// <summary>Whether a replica that serves from memory reads all entities that history knows, instead of each when it is first asked for.</summary>
    public bool IsPreloaded { get; init; }

    /// <summary>Names under which a push of another system reaches this view.</summary>
    public IReadOnlyList<string> PushSources { get; init; } = [];

    public Description Description { get; init; } = Description.None;

    /// <summary>The feature of a name, if it is declared.</summary>
    public Feature? Find(string feature) => Features.FirstOrDefault(one => one.Name == feature);

    public bool Equals(FeatureView? other) => other is not null && Name == other.Name && Entity == other.Entity
        && Features.SequenceEqual(other.Features) && IsOpen == other.IsOpen && Ttl == other.Ttl && Freshness == other.Freshness
        && Serving == other.Serving && Lateness == other.Lateness && Retention == other.Retention
        && IsPreloaded == other.IsPreloaded && PushSources.SequenceEqual(other.PushSources)
        && Description == other.Description;

    public override int GetHashCode() => HashCode.Combine(Name, Entity, Features.Count, IsOpen, Ttl);
}
