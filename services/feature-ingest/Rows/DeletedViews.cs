using FeatureStore.Model;

namespace FeatureStore.FeatureIngest.Rows;

/// <summary>The views from which a whole entity is deleted: all that are declared of it, and all that were.</summary>
internal static class DeletedViews
{
    /// <summary>Finds the views, by name.</summary>
    /// <param name="entity">The entity named.</param>
    /// <param name="view">The only view meant, if one is named.</param>
    /// <param name="rules">What is declared, and what was.</param>
    /// <param name="faults">Receives what is wrong; then no view is returned.</param>
    public static IReadOnlyList<string> Of(string entity, string? view, in RowContext rules, List<Fault> faults)
    {
        var registry = rules.Registry;
        var views = RetiredView.ViewsOf(entity, registry, rules.Retired);
        if (!registry.Entities.ContainsKey(entity) && views.Count == 0)
        {
            faults.Add(Fault.Unknown(
                registry.IsEmpty
                    ? $"There is no entity '{StateKey.Shorten(entity)}': no registry is applied."
                    : $"There is no entity '{StateKey.Shorten(entity)}'.{ClosestName.Suggestion(entity, registry.Entities.Keys)}",
                "entity"));
        }
        else if (view is null)
        {
            if (views.Count > 0)
            {
                return views;
            }

            faults.Add(Fault.Unknown($"The entity '{StateKey.Shorten(entity)}' has no views.", "entity"));
        }
        else if (views.Contains(view))
        {
            return [view];
        }
        else
        {
            faults.Add(Fault.Unknown($"The entity '{StateKey.Shorten(entity)}' has no view '{StateKey.Shorten(view)}'.{ClosestName.Suggestion(view, views)}", "view"));
        }

        return [];
    }
}
