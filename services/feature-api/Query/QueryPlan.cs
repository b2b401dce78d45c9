using System.Text;
using FeatureStore.FeatureApi.Serving;
using FeatureStore.Model;

namespace FeatureStore.FeatureApi.Query;

/// <summary>The features that a query asks for, and the views that they are read from.</summary>
internal sealed class QueryPlan
{
    private QueryPlan(AppliedRegistry applied, FeatureService? service, List<QueriedView> views, List<QueryColumn> columns)
    {
        Applied = applied;
        Service = service;
        Views = views;
        Columns = columns;
        Sorted = [.. views.Select((_, view) => columns.Select((column, at) => (column, at)).Where(pair => pair.column.View == view)
            .OrderBy(pair => pair.column.OwnName, NameOrder.Instance).Select(pair => pair.at).ToArray())];
        SortedNames = [.. Sorted.Select(places => places.Select(at => columns[at].OwnName).ToArray())];
    }

    /// <summary>The registry that the query is answered by.</summary>
    public AppliedRegistry Applied { get; }

    /// <summary>The feature service asked for, if one is.</summary>
    public FeatureService? Service { get; }

    /// <summary>The views, each once.</summary>
    public IReadOnlyList<QueriedView> Views { get; }

    /// <summary>The features in the order in which they are asked for.</summary>
    public IReadOnlyList<QueryColumn> Columns { get; }

    /// <summary>For each view the places of its columns, in the order of their own names' UTF-8 bytes.</summary>
    public IReadOnlyList<int[]> Sorted { get; }

    /// <summary>For each view the names of its columns, in the same order.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>[]> SortedNames { get; }

    /// <summary>The features of a service.</summary>
    public static QueryPlan Of(AppliedRegistry applied, FeatureService service) => Build(applied, service, service.Features, []);

    /// <summary>The features named, or null with faults.</summary>
    public static QueryPlan? Of(AppliedRegistry applied, IReadOnlyList<FeatureReference> features, List<Fault> faults)
    {
        var known = faults.Count;
        foreach (var feature in features)
        {
            Check(applied.Registry, feature, faults);
        }

        return faults.Count > known ? null : Build(applied, null, features, faults);
    }

    /// <summary>The names under which the columns are served: their own, or <c>view__feature</c> where two share it, or for all.</summary>
    public string[] Names(bool full = false) => full
        ? [.. Columns.Select(column => $"{column.Reference.View}__{column.Reference.Feature}")]
        : ServedNames.Apart([.. Columns.Select(column => column.Reference)]);

    private static void Check(Registry registry, FeatureReference feature, List<Fault> faults)
    {
        if (registry.IsEmpty)
        {
            FeatureReader.CheckName(Encoding.UTF8.GetBytes(feature.Feature), faults);
            if (!StateKey.IsViewName(feature.View))
            {
                faults.Add(Fault.Invalid($"'{StateKey.Shorten(feature.View)}' is no name of a view.", feature.ToString()));
            }
        }
        else if (registry.Schema(feature.View) is not { } schema)
        {
            faults.Add(Fault.Unknown($"There is no view '{StateKey.Shorten(feature.View)}'.{ClosestName.Suggestion(feature.View, registry.Views.Keys)}", feature.ToString()));
        }
        else if (!schema.Serves(Encoding.UTF8.GetBytes(feature.Feature)))
        {
            var fault = schema.NoSuchFeature(feature.Feature);
            faults.Add(Fault.Unknown(fault.Detail, feature.ToString()));
        }
    }

    private static QueryPlan Build(AppliedRegistry applied, FeatureService? service, IReadOnlyList<FeatureReference> features, List<Fault> faults)
    {
        var views = new List<QueriedView>();
        var columns = new List<QueryColumn>(features.Count);
        foreach (var feature in features)
        {
            var view = views.FindIndex(one => one.Name == feature.View);
            if (view < 0)
            {
                view = views.Count;
                views.Add(new QueriedView(feature.View, applied.Registry.Schema(feature.View)));
            }

            var name = Encoding.UTF8.GetBytes(feature.Feature);
            columns.Add(new QueryColumn(feature, view, name, views[view].Schema?.Find(name)));
        }

        return new QueryPlan(applied, service, views, columns);
    }

    private sealed class NameOrder : IComparer<ReadOnlyMemory<byte>>
    {
        public static NameOrder Instance { get; } = new();

        public int Compare(ReadOnlyMemory<byte> x, ReadOnlyMemory<byte> y) => x.Span.SequenceCompareTo(y.Span);
    }
}
