using FeatureStore.Hosting.Requests;
using FeatureStore.Model;

namespace FeatureStore.FeatureApi.Serving;

/// <summary>Which features of which entity a caller asks for.</summary>
internal sealed class FeatureQuery
{
    private static readonly QueryParameter[] Parameters =
        [new("entity_id"), new("view", IsList: true), new("feature", IsList: true), new("metadata")];

    private FeatureQuery(IReadOnlyList<string> keys, List<string> views, List<string> stateKeys, IReadOnlyList<byte[]> features, bool metadata)
    {
        Keys = keys;
        Views = views;
        StateKeys = stateKeys;
        Features = features;
        WithMetadata = metadata;
    }

    public IReadOnlyList<string> Keys { get; }

    /// <summary>The views to read, each once.</summary>
    public IReadOnlyList<string> Views { get; }

    /// <summary>The state key in each view.</summary>
    public IReadOnlyList<string> StateKeys { get; }

    /// <summary>The features asked for, in that order, in UTF-8; none for all there are.</summary>
    public IReadOnlyList<byte[]> Features { get; }

    public bool WithMetadata { get; }

    /// <summary>Reads a query from the request, or reports everything that is wrong with it.</summary>
    public static FeatureQuery? Read(HttpContext context, List<Fault> faults)
    {
        var target = RequestTarget.Read(context, Parameters, faults);
        var keys = target.Keys(faults);
        var views = target.All("view").Distinct(StringComparer.Ordinal).ToList();
        if (views.Count == 0)
        {
            views.Add(StateKey.DefaultView);
        }

        var stateKeys = new List<string>(views.Count);
        foreach (var view in views)
        {
            // What is wrong with the id is said once, however many views are asked for.
            if (StateKey.Encode(view, keys, faults) is { } key)
            {
                stateKeys.Add(key);
            }
            else if (StateKey.IsViewName(view))
            {
                break;
            }
        }

        var features = target.FeatureNames(faults);
        var metadata = target.Single("metadata", faults);
        if (metadata is not (null or "true" or "false"))
        {
            faults.Add(Fault.Malformed($"metadata must be true or false; '{metadata}' is not.", "metadata"));
        }

        return faults.Count > 0 ? null : new FeatureQuery(keys, views, stateKeys, features, metadata == "true");
    }
}
