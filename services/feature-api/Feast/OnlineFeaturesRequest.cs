using System.Text.Json;
using FeatureStore.FeatureApi.Query;
using FeatureStore.Model;

namespace FeatureStore.FeatureApi.Feast;

/// <summary>A read as Feast's clients ask for it.</summary>
/// <remarks><code>{"entities":{"driver_id":[1001,1002]},"features":["driver_stats:trips"] or "feature_service":"…","full_feature_names":false}</code></remarks>
internal sealed class OnlineFeaturesRequest
{
    private OnlineFeaturesRequest(QueryPlan plan, string[] names, JoinKeyColumns keys)
    {
        Plan = plan;
        Names = names;
        Keys = keys;
    }

    public QueryPlan Plan { get; }

    /// <summary>The names under which the features are served.</summary>
    public string[] Names { get; }

    public JoinKeyColumns Keys { get; }

    /// <summary>Reads a request, or says everything that is wrong with it.</summary>
    public static OnlineFeaturesRequest? Read(FeastBody body, AppliedRegistry applied, QueryOptions options, FeastRefusal refusal)
    {
        var entities = body.Columns("entities");
        var service = body.Text("feature_service", isRequired: false);
        var features = body.Texts("features");
        var full = body.Flag("full_feature_names");
        if (!refusal.IsEmpty || entities is null)
        {
            return null;
        }

        var plan = service is not null ? OfService(applied, service, refusal) : OfFeatures(body, applied, features ?? [], options, refusal);
        if (plan is null || Collides(plan, full, refusal))
        {
            return null;
        }

        Limit(entities.Rows, options.MaxEntities, "entities", "entities", refusal);
        Limit((long)entities.Rows * plan.Columns.Count, options.MaxValues, "values, entities times features,", "entities", refusal);
        var keys = refusal.IsEmpty ? JoinKeyColumns.Read(entities, plan, refusal) : null;
        return keys is null ? null : new OnlineFeaturesRequest(plan, plan.Names(full), keys);
    }

    private static QueryPlan? OfService(AppliedRegistry applied, string name, FeastRefusal refusal)
    {
        if (applied.Registry.Services.TryGetValue(name, out var service))
        {
            return QueryPlan.Of(applied, service);
        }

        refusal.Unknown("FeatureServiceNotFoundException", $"Feature service {StateKey.Shorten(name)} does not exist", name, applied.Registry.Services.Keys);
        return null;
    }

    private static QueryPlan? OfFeatures(FeastBody body, AppliedRegistry applied, string[] features, QueryOptions options, FeastRefusal refusal)
    {
        if (features.Length == 0)
        {
            refusal.Add("missing", "Field required: name features, or a feature_service", body.Root, "features");
            return null;
        }

        Limit(features.Length, options.MaxFeatures, "features", "features", refusal);
        var references = new List<FeatureReference>(features.Length);
        for (var i = 0; i < features.Length && refusal.IsEmpty; i++)
        {
            if (FeatureReference.TryParse(features[i], out var reference))
            {
                references.Add(reference);
                Check(applied.Registry, reference, refusal);
            }
            else
            {
                refusal.Add("value_error", $"Invalid feature reference '{StateKey.Shorten(features[i])}': '<feature_view>:<feature>' is expected", At(body, i), "features", i);
            }
        }

        if (!refusal.IsEmpty)
        {
            return null;
        }

        // What is declared was looked at; names that nothing can be stored under are left, where nothing is declared.
        var faults = new List<Fault>();
        var plan = QueryPlan.Of(applied, references, faults);
        faults.ForEach(fault => refusal.Add("value_error", fault.Detail, null, "features"));
        return plan;
    }

    private static void Check(Registry registry, FeatureReference reference, FeastRefusal refusal)
    {
        if (registry.IsEmpty)
        {
            return;
        }

        if (registry.Schema(reference.View) is not { } schema)
        {
            refusal.Unknown("FeatureViewNotFoundException", $"Feature view {StateKey.Shorten(reference.View)} does not exist", reference.View, registry.Views.Keys);
        }
        else if (!schema.Serves(System.Text.Encoding.UTF8.GetBytes(reference.Feature)))
        {
            refusal.Unknown(
                "FeastObjectNotFoundException", $"Feature view {reference.View} has no feature {StateKey.Shorten(reference.Feature)}", reference.Feature,
                schema.View.Features.Select(feature => feature.Name));
        }
    }

    /// <summary>Feast serves no two columns under one name.</summary>
    private static bool Collides(QueryPlan plan, bool full, FeastRefusal refusal)
    {
        var names = plan.Columns.GroupBy(column => full ? column.Reference.ToString().Replace(":", "__", StringComparison.Ordinal) : column.Reference.Feature, StringComparer.Ordinal)
            .Where(group => group.Count() > 1).Select(group => group.Key).ToList();
        if (names.Count == 0)
        {
            return false;
        }

        refusal.Refuse(
            StatusCodes.Status422UnprocessableEntity, "FeatureNameCollisionError",
            $"Duplicate features named {RowBinding.Some(names)} found.\n"
            + (full ? "Name each feature once." : "To resolve this collision, either use the full feature name by setting 'full_feature_names=True', or ensure that the features in question have different names."));
        return true;
    }

    private static void Limit(long count, int most, string what, string member, FeastRefusal refusal)
    {
        if (count > most)
        {
            refusal.Add("too_long", $"A request may have {most} {what} here, not {count}: ask in several requests", null, member);
        }
    }

    private static JsonElement At(FeastBody body, int place) => body.Root.GetProperty("features")[place];
}
