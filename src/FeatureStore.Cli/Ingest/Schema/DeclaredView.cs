using FeatureStore.Cli.Registry;
using FeatureStore.Model;

namespace FeatureStore.Cli.Ingest;

/// <summary>A view as the registry declares it.</summary>
/// <param name="Version">The registry's version.</param>
/// <param name="View">The view.</param>
/// <param name="Entity">What it describes.</param>
internal sealed record DeclaredView(long Version, FeatureView View, Entity Entity)
{
    /// <summary>Finds a view; one that was removed, too, where rows are to be deleted.</summary>
    /// <exception cref="UsageException">It is not declared.</exception>
    public static DeclaredView Of(ServedRegistry declared, string name, bool deletes)
    {
        var views = declared.Registry.Views;
        var registry = deletes ? declared.Deletable : declared.Registry;
        if (!registry.Views.TryGetValue(name, out var view))
        {
            var fault = name == StateKey.DefaultView ? "--view is missing." : $"There is no view \"{name}\".{ClosestName.Suggestion(name, views.Keys)}";
            throw new UsageException($"{fault} The views of the registry (version {declared.Version}) are: {string.Join(", ", views.Keys)}.");
        }

        return new DeclaredView(declared.Version, view, registry.Entities[view.Entity]);
    }
}
