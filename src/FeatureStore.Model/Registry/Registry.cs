using System.Collections.Frozen;

namespace FeatureStore.Model;

/// <summary>All that is declared: entities, feature views and feature services, by name. An immutable value.</summary>
public sealed record Registry
{
    private readonly IReadOnlyDictionary<string, IReadOnlyList<FeatureView>> _byPushSource;
    private readonly IReadOnlyDictionary<string, IReadOnlyList<FeatureView>> _byEntity;
    private readonly Lazy<FrozenDictionary<string, ViewSchema>> _schemas;
    private readonly FrozenSet<string> _pushed;

    public Registry(IEnumerable<Entity> entities, IEnumerable<FeatureView> views, IEnumerable<FeatureService> services)
    {
        Entities = Sorted(entities, entity => entity.Name);
        Views = Sorted(views, view => view.Name);
        Services = Sorted(services, service => service.Name);
        _byEntity = Views.Values.GroupBy(view => view.Entity).ToDictionary(group => group.Key, group => (IReadOnlyList<FeatureView>)[.. group]);
        _byPushSource = Views.Values.SelectMany(view => view.PushSources.Select(source => (source, view)))
            .GroupBy(pair => pair.source, pair => pair.view).ToDictionary(group => group.Key, group => (IReadOnlyList<FeatureView>)[.. group]);
        _pushed = Views.Values.Where(view => view.Serving == ServingMode.Push).Select(view => view.Name).ToFrozenSet(StringComparer.Ordinal);
        _schemas = new(() => Views.Values.ToFrozenDictionary(
            view => view.Name, view => new ViewSchema(view, Entities[view.Entity]), StringComparer.Ordinal));
    }

    /// <summary>Nothing declared: the store is schema-less, and view <c>default</c> open.</summary>
    public static Registry Empty { get; } = new([], [], []);

    public IReadOnlyDictionary<string, Entity> Entities { get; }

    public IReadOnlyDictionary<string, FeatureView> Views { get; }

    public IReadOnlyDictionary<string, FeatureService> Services { get; }

    public bool IsEmpty => Entities.Count + Views.Count + Services.Count == 0;

    /// <summary>Whether there is a view that is served from memory.</summary>
    public bool HasPushViews => _pushed.Count > 0;

    /// <summary>The views that are served from memory.</summary>
    public IReadOnlySet<string> PushViews => _pushed;

    /// <summary>Whether a row is of a view that is served from memory.</summary>
    /// <param name="stateKey">The row's state key.</param>
    public bool IsPushed(string stateKey) => _pushed.Count > 0 && _pushed.GetAlternateLookup<ReadOnlySpan<char>>().Contains(StateKey.ViewOf(stateKey));

    /// <summary>What rows of a view are held to, or null if the view is not declared.</summary>
    public ViewSchema? Schema(string view) => _schemas.Value.GetValueOrDefault(view);

    /// <summary>The views that describe an entity, by name.</summary>
    public IReadOnlyList<FeatureView> ViewsOf(string entity) => _byEntity.GetValueOrDefault(entity, []);

    /// <summary>The views that a push source reaches, by name.</summary>
    public IReadOnlyList<FeatureView> PushedBy(string source) => _byPushSource.GetValueOrDefault(source, []);

    public bool Equals(Registry? other) => other is not null
        && Entities.Values.SequenceEqual(other.Entities.Values) && Views.Values.SequenceEqual(other.Views.Values)
        && Services.Values.SequenceEqual(other.Services.Values);

    public override int GetHashCode() => HashCode.Combine(Entities.Count, Views.Count, Services.Count);

    private static SortedDictionary<string, T> Sorted<T>(IEnumerable<T> items, Func<T, string> name)
    {
        var sorted = new SortedDictionary<string, T>(StringComparer.Ordinal);
        foreach (var item in items)
        {
            sorted.Add(name(item), item);
        }

        return sorted;
    }
}
