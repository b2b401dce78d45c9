using FeatureStore.Cli.Feast.Protos;
using FeatureStore.Model;

namespace FeatureStore.Cli.Feast;

/// <summary>Feature views of Feast as views here.</summary>
internal sealed class FeastViews
{
    private readonly Dictionary<string, ImportedView> _views = new(StringComparer.Ordinal);
    private readonly FeastNames _names;

    public FeastViews(FeastDefinitions feast, FeastEntities entities)
    {
        _names = new FeastNames(feast.Views.Concat(feast.StreamViews).Select(view => view.Name));
        var sources = new FeastPushSources(feast, entities);
        foreach (var (view, isStream) in feast.Views.Select(view => (view, false)).Concat(feast.StreamViews.Select(view => (view, true))).DistinctBy(pair => pair.view.Name))
        {
            Notes.Add(Read(view, isStream, entities, sources));
        }

        Notes.AddRange(sources.Notes);
    }

    public List<ImportNote> Notes { get; } = [];

    public IEnumerable<FeatureView> All => _views.Values.Select(view => view.View);

    /// <summary>A view by its name in Feast, if it was carried over.</summary>
    public ImportedView? Find(string name) => _views.GetValueOrDefault(name);

    private ImportNote Read(ViewSpec spec, bool isStream, FeastEntities entities, FeastPushSources sources)
    {
        var what = isStream ? "stream view" : "view";
        if (entities.Of(spec.Entities, out var fault) is not { } entity || spec.Features.Count == 0)
        {
            return new ImportNote(what, spec.Name, null, [fault ?? "has no features"]);
        }

        var name = _names[spec.Name];
        var reasons = new List<string>(FeastDescription.Renamed(spec.Name, name));
        var names = new FeastNames(spec.Features.Select(feature => feature.Name));
        var features = spec.Features.DistinctBy(feature => feature.Name).Select(feature => Read(feature, names, reasons)).ToList();
        _views.Add(spec.Name, new ImportedView(
            new FeatureView
            {
                Name = name,
                Entity = entity.Name,
                Features = features,
                Ttl = Ttl(spec.Ttl, reasons),
                PushSources = sources.Of(spec, entity, reasons),
                Description = FeastDescription.Of(spec.Description, spec.Owner, spec.Tags),
            },
            names));
        if (isStream)
        {
            reasons.Add("what computes it from its stream is not carried over: let that job write the rows");
        }

        if (!spec.Online || spec.Disabled)
        {
            reasons.Add($"is {(spec.Disabled ? "disabled" : "not online")} in Feast; here what is written to it is served");
        }

        return new ImportNote(what, spec.Name, name, reasons);
    }

    private static Feature Read(FieldProto field, FeastNames names, List<string> reasons)
    {
        var name = names[field.Name];
        reasons.AddRange(FeastDescription.Renamed(field.Name, name, "feature "));
        var (type, loss) = FeastTypes.Of(field.ValueType);
        if (loss is not null)
        {
            reasons.Add($"feature {field.Name} {loss}");
        }

        if (field.VectorIndex)
        {
            reasons.Add($"feature {field.Name} is kept, but not searched by nearness");
        }

        return new Feature(name, type, null, FeastDescription.Of(field.Description, "", field.Tags));
    }

    /// <summary>How long values are served: 0 is for ever there, and absence is here.</summary>
    private static TimeSpan? Ttl(Google.Protobuf.WellKnownTypes.Duration? ttl, List<string> reasons)
    {
        if (ttl is null || ttl.Seconds < 0 || (ttl.Seconds == 0 && ttl.Nanos <= 0))
        {
            return null;
        }

        if (ttl.Seconds > (long)Duration.Longest.TotalSeconds - 1)
        {
            reasons.Add("its ttl is longer than 100 years; here its values are served for ever");
            return null;
        }

        const int nanosecondsOfOne = 1_000_000;
        if (ttl.Nanos % nanosecondsOfOne != 0)
        {
            reasons.Add("its ttl is rounded up to whole milliseconds");
        }

        return TimeSpan.FromSeconds(ttl.Seconds) + TimeSpan.FromMilliseconds((ttl.Nanos + nanosecondsOfOne - 1) / nanosecondsOfOne);
    }
}
