using FeatureStore.Model;

namespace FeatureStore.FeatureApi.Feast;

/// <summary>Finds the views that a data frame is for.</summary>
internal sealed class DataFrameRows(AppliedRegistry applied, ColumnSet data, Timestamp now, FeastRefusal refusal)
{
    /// <summary>The rows of the one view of a name.</summary>
    public IReadOnlyList<ViewRows> OfView(string name)
    {
        var schema = applied.Registry.Schema(name);
        if (schema is null && !(applied.Registry.IsEmpty && StateKey.IsViewName(name)))
        {
            refusal.Unknown(
                "FeastObjectNotFoundException", $"Can't recognize feast object with a name {StateKey.Shorten(name)}", name, applied.Registry.Views.Keys);
            return [];
        }

        return Of([(name, schema)]);
    }

    /// <summary>The rows of every view of a push source, each with the columns of that view.</summary>
    public IReadOnlyList<ViewRows> OfPushSource(string name)
    {
        var views = applied.Registry.PushedBy(name);
        if (views.Count == 0)
        {
            // The message ends in a full stop itself.
            refusal.Refuse(
                StatusCodes.Status422UnprocessableEntity, "PushSourceNotFoundException",
                $"Unable to find push source '{StateKey.Shorten(name)}'.{ClosestName.Suggestion(name, applied.Registry.Views.Values.SelectMany(view => view.PushSources).Distinct())}");
            return [];
        }

        return Of([.. views.Select(view => (view.Name, applied.Registry.Schema(view.Name)))]);
    }

    private List<ViewRows> Of(IReadOnlyList<(string Name, ViewSchema? Schema)> views)
    {
        var rows = new List<ViewRows>();
        foreach (var (name, schema) in views)
        {
            // The views of a source have one entity: what its keys lack is said once.
            if (refusal.IsEmpty && ViewRows.Of(name, schema, data, now, refusal) is { HasFeatures: true } found)
            {
                rows.Add(found);
            }
        }

        CheckColumns(views);
        if (refusal.IsEmpty && rows.Count == 0)
        {
            refusal.Add("missing", $"The data has no feature of {RowBinding.Some(views.Select(view => view.Name))}", data.Json, "df");
        }

        return refusal.IsEmpty ? rows : [];
    }

    /// <summary>
    /// Columns that no view takes are left out, as Feast does. Only where features are missing at the same time, which Feast would
    /// refuse, is such a column taken for a feature that is misspelt.
    /// </summary>
    private void CheckColumns(IReadOnlyList<(string Name, ViewSchema? Schema)> views)
    {
        var missing = views.SelectMany(view => view.Schema?.View.Features ?? []).Select(feature => feature.Name)
            .Where(feature => data[feature] is null).Distinct(StringComparer.Ordinal).ToList();
        if (missing.Count == 0)
        {
            return;
        }

        foreach (var column in data.Names.Where(column => !views.Any(view => ViewRows.IsKeyOrStamp(column, view.Schema) || ViewRows.IsFeature(column, view.Schema))))
        {
            refusal.Add(
                "extra_forbidden",
                $"No view takes the column '{StateKey.Shorten(column)}', and {RowBinding.Some(missing)} {(missing.Count == 1 ? "is" : "are")} missing.{ClosestName.Suggestion(column, missing)}",
                null, "df", column);
        }
    }
}
