using FeatureStore.Model;

namespace FeatureStore.FeatureApi.Serving;

/// <summary>Finds the views that a caller means, and says what is wrong where there are none.</summary>
internal sealed class ViewScope(Registry registry, List<Fault> faults)
{
    /// <summary>The views named, or all of the entity named or meant.</summary>
    /// <param name="entity">The entity named, if one is.</param>
    /// <param name="names">The views named, each once.</param>
    /// <returns>None if there is a fault.</returns>
    public List<QueriedView> Views(string? entity, IReadOnlyList<string> names)
    {
        if (registry.IsEmpty)
        {
            if (entity is not null)
            {
                faults.Add(Fault.Unknown($"There is no entity '{StateKey.Shorten(entity)}': no registry is applied.", "entity"));
            }

            return [.. (names.Count == 0 ? [StateKey.DefaultView] : names).Select(name => new QueriedView(name, null))];
        }

        if (entity is not null && !registry.Entities.ContainsKey(entity))
        {
            faults.Add(Fault.Unknown($"There is no entity '{StateKey.Shorten(entity)}'.{ClosestName.Suggestion(entity, registry.Entities.Keys)}", "entity"));
            return [];
        }

        return names.Count > 0 ? Named(entity, names) : Whole(entity);
    }

    /// <summary>A feature service, or null with a fault.</summary>
    public FeatureService? Service(string name)
    {
        if (registry.Services.TryGetValue(name, out var service))
        {
            return service;
        }

        faults.Add(Fault.Unknown(
            registry.IsEmpty
                ? $"There is no feature service '{StateKey.Shorten(name)}': no registry is applied."
                : $"There is no feature service '{StateKey.Shorten(name)}'.{ClosestName.Suggestion(name, registry.Services.Keys)}",
            "service"));
        return null;
    }

    /// <summary>The views of a service, which have to be of one entity.</summary>
    public List<QueriedView> ViewsOf(FeatureService service)
    {
        var views = service.Features.Select(feature => feature.View).Distinct(StringComparer.Ordinal).Select(Of).ToList();
        var entities = views.Select(view => view.Schema!.Entity.Name).Distinct(StringComparer.Ordinal).ToList();
        if (entities.Count > 1)
        {
            faults.Add(Fault.Invalid(
                $"The feature service '{service.Name}' is of several entities ({string.Join(", ", entities)}): ask for it with POST /features/query, where each row carries the keys of all.",
                "service"));
        }

        return views;
    }

    /// <summary>The fault that none of the views has a feature.</summary>
    public Fault NoSuchFeature(string feature, IReadOnlyList<QueriedView> views)
    {
        var names = views.SelectMany(view => view.Schema?.View.Features.Select(one => one.Name) ?? []);
        return Fault.Unknown(
            $"{(views.Count == 1 ? $"The view '{views[0].Name}' has" : $"The views {string.Join(", ", views.Select(view => view.Name))} have")} no feature '{StateKey.Shorten(feature)}'.{ClosestName.Suggestion(feature, names)}",
            "feature");
    }

    private List<QueriedView> Named(string? entity, IReadOnlyList<string> names)
    {
        var views = new List<QueriedView>(names.Count);
        foreach (var name in names)
        {
            if (registry.Schema(name) is not { } schema)
            {
                faults.Add(Fault.Unknown($"There is no view '{StateKey.Shorten(name)}'.{ClosestName.Suggestion(name, registry.Views.Keys)}", "view"));
            }
            else
            {
                views.Add(new QueriedView(name, schema));
            }
        }

        var meant = entity ?? views.FirstOrDefault().Schema?.Entity.Name;
        faults.AddRange(views.Where(view => view.Schema!.Entity.Name != meant)
            .Select(view => Fault.Invalid($"The view '{view.Name}' is of the entity '{view.Schema!.Entity.Name}', not '{meant}': ask for several entities with POST /features/query.", "view")));
        return views;
    }

    private List<QueriedView> Whole(string? entity)
    {
        if (entity is null && registry.Entities.Count > 1)
        {
            faults.Add(Fault.Malformed($"Several entities are declared: name one with entity=, or a view or a service. There are {RowBinding.Some(registry.Entities.Keys)}.", "entity"));
            return [];
        }

        var meant = entity ?? registry.Entities.Keys.First();
        var views = registry.ViewsOf(meant).Select(view => Of(view.Name)).ToList();
        if (views.Count == 0)
        {
            faults.Add(Fault.Unknown($"The entity '{meant}' has no views.", "entity"));
        }

        return views;
    }

    private QueriedView Of(string name) => new(name, registry.Schema(name));
}
