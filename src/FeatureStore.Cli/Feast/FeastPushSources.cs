using FeatureStore.Cli.Feast.Protos;
using FeatureStore.Model;
using SourceType = FeatureStore.Cli.Feast.Protos.DataSourceProto.Types.SourceType;

namespace FeatureStore.Cli.Feast;

/// <summary>Push sources of Feast as names that views are reached by; all views of one have one entity here.</summary>
internal sealed class FeastPushSources
{
    private readonly Dictionary<string, string> _entities = new(StringComparer.Ordinal);
    private readonly HashSet<string> _reached = new(StringComparer.Ordinal);
    private readonly FeastDefinitions _feast;
    private readonly string[] _all;
    private readonly FeastNames _names;

    public FeastPushSources(FeastDefinitions feast, FeastEntities entities)
    {
        _feast = feast;
        _all = [.. feast.DataSources.Where(source => source.Type == SourceType.PushSource).Select(source => source.Name)
            .Concat(feast.Views.Concat(feast.StreamViews).SelectMany(Sources).Where(source => source.Type == SourceType.PushSource).Select(source => source.Name))
            .Distinct(StringComparer.Ordinal)];
        _names = new FeastNames(_all);

        // The entity of most of its views: as few as possible are lost.
        foreach (var source in _all)
        {
            var entity = feast.Views.Concat(feast.StreamViews).Where(view => NamesOf(view).Contains(source))
                .Select(view => entities.Of(view.Entities, out _)?.Name).OfType<string>().GroupBy(name => name).MaxBy(group => group.Count());
            if (entity is not null)
            {
                _entities[source] = entity.Key;
            }
        }
    }

    /// <summary>What became of each push source, and of what else rows come from, once all views are read.</summary>
    public IEnumerable<ImportNote> Notes =>
    [
        .. _all.Select(source => _reached.Contains(source)
            ? new ImportNote("push source", source, _names[source], [.. FeastDescription.Renamed(source, _names[source])])
            : new ImportNote("push source", source, null, ["no view that was carried over takes from it"])),
        .. _feast.DataSources.Where(source => !_all.Contains(source.Name)).Select(source => new ImportNote("data source", source.Name, null, [Instead(source.Type)])),
    ];

    /// <summary>The names by which a push reaches a view.</summary>
    public IReadOnlyList<string> Of(ViewSpec view, Entity entity, List<string> reasons)
    {
        var names = new List<string>();
        foreach (var source in NamesOf(view))
        {
            if (_entities[source] == entity.Name)
            {
                _reached.Add(source);
                names.Add(_names[source]);
            }
            else
            {
                reasons.Add($"is not reached by the push source {source}, which reaches views of {_entities[source]}: all views of a push source have one entity here");
            }
        }

        return names;
    }

    private IEnumerable<string> NamesOf(ViewSpec view) => Sources(view).Select(source => source.Name).Where(_all.Contains).Distinct(StringComparer.Ordinal);

    private static IEnumerable<DataSourceProto> Sources(ViewSpec view) => new[] { view.StreamSource, view.BatchSource }.OfType<DataSourceProto>();

    private static string Instead(SourceType type) => type switch
    {
        SourceType.RequestSource => "is what a request brings to on-demand views",
        SourceType.StreamKafka or SourceType.StreamKinesis => "is not read here: let what fills it write to the topic feature-updates, or to feature-ingest",
        _ => "is not read here: load its rows with `featurestore ingest`",
    };
}
