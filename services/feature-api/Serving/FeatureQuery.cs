using System.Text;
using FeatureStore.Hosting.Requests;
using FeatureStore.Model;

namespace FeatureStore.FeatureApi.Serving;

/// <summary>Which features of which entity a caller asks for.</summary>
internal sealed class FeatureQuery
{
    private static readonly QueryParameter[] Parameters =
    [
        new("entity_id"), new("entity"), new("view", IsList: true), new("feature", IsList: true), new("service"), new("metadata"), new("defaults"),
    ];

    private readonly SelectedFeature[]? _selected;

    private FeatureQuery(IReadOnlyList<string> keys, List<QueriedView> views, List<string> stateKeys, SelectedFeature[]? selected)
    {
        Keys = keys;
        Views = views;
        StateKeys = stateKeys;
        _selected = selected;
    }

    /// <summary>The registry that the query is answered by.</summary>
    public required AppliedRegistry Applied { get; init; }

    /// <summary>The feature service asked for, if one is.</summary>
    public string? Service { get; private init; }

    public IReadOnlyList<string> Keys { get; }

    /// <summary>The views to read, each once.</summary>
    public IReadOnlyList<QueriedView> Views { get; }

    /// <summary>The state key in each view.</summary>
    public IReadOnlyList<string> StateKeys { get; }

    public bool WithMetadata { get; private init; }

    public bool WithDefaults { get; private init; }

    /// <summary>Whether only some features are asked for.</summary>
    public bool IsNarrowed => _selected is not null;

    /// <summary>Whether a document's features can be the answer as they stand.</summary>
    public bool IsPlain => _selected is null && !WithMetadata && !WithDefaults;

    /// <summary>Reads a query from the request, or reports everything that is wrong with it.</summary>
    public static FeatureQuery? Read(HttpContext context, AppliedRegistry applied, List<Fault> faults)
    {
        var target = RequestTarget.Read(context, Parameters, faults);
        var names = target.FeatureNames(faults);
        var service = target.Single("service", faults);
        var scope = new ViewScope(applied.Registry, faults);
        var (views, selected) = service is null
            ? Named(scope, target, names, faults)
            : OfService(scope, service, target, names, faults);

        var keys = target.Keys(faults);
        if (views.Count > 0 && views[0].Schema is { } schema && keys.Count > 0)
        {
            keys = schema.Entity.Canonical(keys, faults);
        }

        var stateKeys = Encode(views, keys, faults);
        var query = new FeatureQuery(keys, views, stateKeys, selected)
        {
            Applied = applied,
            Service = service,
            WithMetadata = Flag(target, "metadata", faults),
            WithDefaults = Flag(target, "defaults", faults),
        };
        return faults.Count > 0 ? null : query;
    }

    /// <summary>The features asked for, in that order, of all that were found.</summary>
    public List<ServedFeature> Select(List<ServedFeature> found)
    {
        if (_selected is null)
        {
            return NamedApart(found, given: null);
        }

        var selected = new List<ServedFeature>(_selected.Length);
        var given = new List<string?>(_selected.Length);
        foreach (var wanted in _selected)
        {
            var before = selected.Count;
            foreach (var feature in found)
            {
                // A feature may be asked for under both of its names; a reply has it once.
                if (wanted.Matches(feature) && !selected.Exists(one => one.View.Name == feature.View.Name && one.Name.Span.SequenceEqual(feature.Name.Span)))
                {
                    selected.Add(feature);
                    given.Add(wanted.IsPrefixed(feature) ? Encoding.UTF8.GetString(wanted.Name.Span) : null);
                }
            }

            if (selected.Count == before && !found.Exists(feature => wanted.Matches(feature)))
            {
                selected.Add(new ServedFeature(wanted.Name, Views.First(view => wanted.View is null || view.Name == wanted.View), ServedValue.Missing));
                given.Add(null);
            }
        }

        return NamedApart(selected, given);
    }

    private static List<ServedFeature> NamedApart(List<ServedFeature> features, List<string?>? given)
    {
        var own = features.ConvertAll(feature => new FeatureReference(feature.View.Name, Encoding.UTF8.GetString(feature.Name.Span)));
        var names = ServedNames.Apart(own, given);
        for (var i = 0; i < names.Length; i++)
        {
            if (names[i] != own[i].Feature)
            {
                features[i] = features[i] with { Name = Encoding.UTF8.GetBytes(names[i]) };
            }
        }

        return features;
    }

    private static (List<QueriedView>, SelectedFeature[]?) Named(ViewScope scope, RequestTarget target, IReadOnlyList<byte[]> names, List<Fault> faults)
    {
        var views = scope.Views(target.Single("entity", faults), [.. target.All("view").Distinct(StringComparer.Ordinal)]);
        SelectedFeature[]? selected = names.Count == 0 ? null : [.. names.Select(name => new SelectedFeature(name, null))];
        foreach (var wanted in selected ?? [])
        {
            if (views.Count > 0 && !views.Exists(wanted.MayBeIn))
            {
                faults.Add(scope.NoSuchFeature(Encoding.UTF8.GetString(wanted.Name.Span), views));
            }
        }

        return (views, selected);
    }

    private static (List<QueriedView>, SelectedFeature[]?) OfService(
        ViewScope scope, string service, RequestTarget target, IReadOnlyList<byte[]> names, List<Fault> faults)
    {
        if (names.Count > 0 || target.All("view").Count > 0 || target.Single("entity", faults) is not null)
        {
            faults.Add(Fault.Malformed("A feature service says itself what is served: give service without entity, view and feature.", "service"));
        }

        var found = scope.Service(service);
        return found is null ? ([], null) : (scope.ViewsOf(found), [.. found.Features.Select(SelectedFeature.Of)]);
    }

    private static List<string> Encode(List<QueriedView> views, IReadOnlyList<string> keys, List<Fault> faults)
    {
        var stateKeys = new List<string>(views.Count);
        foreach (var view in views)
        {
            // What is wrong with the id is said once, however many views are asked for.
            if (StateKey.Encode(view.Name, keys, faults) is { } key)
            {
                stateKeys.Add(key);
            }
            else if (StateKey.IsViewName(view.Name))
            {
                break;
            }
        }

        return stateKeys;
    }

    private static bool Flag(RequestTarget target, string name, List<Fault> faults)
    {
        var value = target.Single(name, faults);
        if (value is not (null or "true" or "false"))
        {
            faults.Add(Fault.Malformed($"{name} must be true or false; '{value}' is not.", name));
        }

        return value == "true";
    }
}
