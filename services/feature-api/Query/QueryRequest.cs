using System.Text.Json;
using FeatureStore.FeatureApi.Serving;
using FeatureStore.Model;

namespace FeatureStore.FeatureApi.Query;

/// <summary>A query of many entities.</summary>
/// <remarks>
/// <code>{"service":"delay_model_v1","entities":[{"origin":"EWR","tailnum":"N10156"}],"metadata":false,"defaults":false}
/// {"features":["airport_weather:temp","aircraft:seats"],"entities":[…]}</code>
/// </remarks>
internal sealed class QueryRequest
{
    private const string Members = "service, features, entities, metadata, defaults";

    private QueryRequest(QueryPlan plan, IReadOnlyList<JsonElement> entities, IReadOnlyList<string?[]> stateKeys)
    {
        Plan = plan;
        Entities = entities;
        StateKeys = stateKeys;
    }

    public QueryPlan Plan { get; }

    /// <summary>The entities as they were given.</summary>
    public IReadOnlyList<JsonElement> Entities { get; }

    /// <summary>For each entity the state key in each of the plan's views.</summary>
    public IReadOnlyList<string?[]> StateKeys { get; }

    public bool WithMetadata { get; private init; }

    public bool WithDefaults { get; private init; }

    /// <summary>Reads a request, or reports everything that is wrong with it.</summary>
    public static QueryRequest? Read(JsonElement body, AppliedRegistry applied, QueryOptions options, List<Fault> faults)
    {
        if (body.ValueKind != JsonValueKind.Object)
        {
            faults.Add(Fault.Malformed("The body must be a JSON object with service or features, and entities."));
            return null;
        }

        faults.AddRange(body.EnumerateObject().Where(member => member.Name is not ("service" or "features" or "entities" or "metadata" or "defaults"))
            .Select(member => Fault.Malformed($"A query has no '{StateKey.Shorten(member.Name)}'; it may have {Members}.{ClosestName.Suggestion(member.Name, Members.Split(", "))}", member.Name)));
        var plan = ReadPlan(body, applied, options, faults);
        var entities = ReadEntities(body, options, faults);
        if (plan is not null && (long)plan.Columns.Count * entities.Count > options.MaxValues)
        {
            faults.Add(Fault.TooLarge($"A query may ask for {options.MaxValues} values; {entities.Count} entities times {plan.Columns.Count} features are {(long)plan.Columns.Count * entities.Count}. Ask for fewer at once.", "entities"));
        }

        // Keys are looked at only in a request of a size that is taken.
        var stateKeys = plan is null || faults.Exists(fault => fault.Kind == FaultKind.TooLarge) ? [] : new EntityKeys(plan, faults).Read(entities);
        var metadata = Flag(body, "metadata", faults);
        var defaults = Flag(body, "defaults", faults);
        return faults.Count > 0 || plan is null ? null : new QueryRequest(plan, entities, stateKeys) { WithMetadata = metadata, WithDefaults = defaults };
    }

    private static QueryPlan? ReadPlan(JsonElement body, AppliedRegistry applied, QueryOptions options, List<Fault> faults)
    {
        var hasService = body.TryGetProperty("service", out var service) && service.ValueKind != JsonValueKind.Null;
        var hasFeatures = body.TryGetProperty("features", out var features) && features.ValueKind != JsonValueKind.Null;
        if (hasService == hasFeatures)
        {
            faults.Add(Fault.Malformed(hasService ? "A query names either a service or features, not both." : "A query names a service or features.", "features"));
            return null;
        }

        if (hasService)
        {
            if (service.ValueKind != JsonValueKind.String)
            {
                faults.Add(Fault.Malformed("service must be the name of a feature service.", "service"));
                return null;
            }

            return new ViewScope(applied.Registry, faults).Service(service.GetString()!) is { } found ? QueryPlan.Of(applied, found) : null;
        }

        if (features.ValueKind != JsonValueKind.Array || features.GetArrayLength() == 0 || features.EnumerateArray().Any(one => one.ValueKind != JsonValueKind.String))
        {
            faults.Add(Fault.Malformed("features must be an array of view:feature, at least one.", "features"));
            return null;
        }

        if (features.GetArrayLength() > options.MaxFeatures)
        {
            faults.Add(Fault.TooLarge($"A query may name {options.MaxFeatures} features; {features.GetArrayLength()} are named.", "features"));
            return null;
        }

        var references = References([.. features.EnumerateArray().Select(one => one.GetString()!)], applied.Registry, faults);
        return references is null ? null : QueryPlan.Of(applied, references, faults);
    }

    private static List<FeatureReference>? References(string[] texts, Registry registry, List<Fault> faults)
    {
        var known = faults.Count;
        var references = new List<FeatureReference>(texts.Length);
        foreach (var text in texts)
        {
            // With nothing declared a bare name is one of view default, as everywhere else.
            if (!FeatureReference.TryParse(text, out var reference) && (!registry.IsEmpty || text.Contains(':', StringComparison.Ordinal)))
            {
                faults.Add(Fault.Malformed($"A feature is named view:feature; '{StateKey.Shorten(text)}' is not.", text));
                continue;
            }

            references.Add(reference.View is null ? new FeatureReference(StateKey.DefaultView, text) : reference);
        }

        faults.AddRange(references.GroupBy(reference => reference).Where(group => group.Count() > 1)
            .Select(group => Fault.Malformed($"The feature '{StateKey.Shorten(group.Key.ToString())}' is named more than once.", group.Key.ToString())));
        return faults.Count > known ? null : references;
    }

    private static List<JsonElement> ReadEntities(JsonElement body, QueryOptions options, List<Fault> faults)
    {
        if (!body.TryGetProperty("entities", out var entities) || entities.ValueKind != JsonValueKind.Array)
        {
            faults.Add(Fault.Malformed("entities must be an array of objects, each with the keys of one entity.", "entities"));
            return [];
        }

        if (entities.GetArrayLength() > options.MaxEntities)
        {
            faults.Add(Fault.TooLarge($"A query may ask for {options.MaxEntities} entities; {entities.GetArrayLength()} are given. Ask for them in several requests.", "entities"));
            return [];
        }

        return [.. entities.EnumerateArray()];
    }

    private static bool Flag(JsonElement body, string name, List<Fault> faults)
    {
        if (!body.TryGetProperty(name, out var flag) || flag.ValueKind is JsonValueKind.Null or JsonValueKind.False)
        {
            return false;
        }

        if (flag.ValueKind != JsonValueKind.True)
        {
            faults.Add(Fault.Malformed($"{name} must be true or false.", name));
        }

        return true;
    }
}
