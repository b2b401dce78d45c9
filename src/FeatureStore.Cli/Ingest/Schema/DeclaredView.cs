using FeatureStore.Cli.Registry;
using FeatureStore.Model;

namespace FeatureStore.Cli.Ingest;

/// <summary>A view as the registry declares it.</summary>
/// <param name="Version">The registry's version.</param>
/// <param name="View">The view.</param>
/// <param name="Entity">What it describes.</param>
internal sealed record DeclaredView(long Version, FeatureView View, Entity Entity)
{
    /// <summary>Finds a view.</summary>
    /// <exception cref="UsageException">It is not declared.</exception>
    public static DeclaredView Of(ServedRegistry declared, string name)
    {
        var views = declared.Registry.Views;
        if (!views.TryGetValue(name, out var view))
        {
            var fault = name == StateKey.DefaultView ? "--view is missing." : $"There is no view \"{name}\".{ClosestName.Suggestion(name, views.Keys)}";
            throw new UsageException($"{fault} The views of the registry (version {declared.Version}) are: {string.Join(", ", views.Keys)}.");
        }

        return new DeclaredView(declared.Version, view, declared.Registry.Entities[view.Entity]);
    }
}
