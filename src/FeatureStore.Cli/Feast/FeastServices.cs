using FeatureStore.Cli.Feast.Protos;
using FeatureStore.Model;

namespace FeatureStore.Cli.Feast;

/// <summary>Feature services of Feast as feature services here.</summary>
internal sealed class FeastServices
{
    private readonly List<FeatureService> _services = [];

    public FeastServices(FeastDefinitions feast, FeastViews views)
    {
        var names = new FeastNames(feast.Services.Select(service => service.Name));
        foreach (var service in feast.Services.DistinctBy(service => service.Name))
        {
            Notes.Add(Read(service, names[service.Name], views));
        }
    }

    public List<ImportNote> Notes { get; } = [];

    public IReadOnlyList<FeatureService> All => _services;

    private ImportNote Read(ServiceSpec spec, string name, FeastViews views)
    {
        var reasons = new List<string>();
        var features = spec.Features.SelectMany(projection => Read(projection, views, reasons)).Distinct().ToList();
        if (features.Count == 0)
        {
            return new ImportNote("service", spec.Name, null, [.. reasons, "so it has no features"]);
        }

        _services.Add(new FeatureService(name, features, FeastDescription.Of(spec.Description, spec.Owner, spec.Tags)));
        return new ImportNote("service", spec.Name, name, [.. FeastDescription.Renamed(spec.Name, name), .. reasons]);
    }

    /// <summary>The features that a service takes of one view.</summary>
    private static List<FeatureReference> Read(ProjectionProto projection, FeastViews views, List<string> reasons)
    {
        var name = projection.FeatureViewName;
        if (views.Find(name) is not { } view)
        {
            reasons.Add($"its features of {name} are left out, as that view is not carried over");
            return [];
        }

        if (projection.JoinKeyMap.Any(key => key.Key != key.Value))
        {
            reasons.Add($"its features of {name} by {string.Join(", ", projection.JoinKeyMap.Select(key => key.Value))} are left out: a view is joined by its own keys here");
            return [];
        }

        if (projection.FeatureViewNameAlias is { Length: > 0 } alias && alias != name)
        {
            reasons.Add($"the view {name} is not called {alias} in it");
        }

        if (projection.HasVersionTag)
        {
            reasons.Add($"its features of version {projection.VersionTag} of {name} are those of the view as it is now");
        }

        // A projection that names no feature means all.
        return projection.FeatureColumns.Count == 0
            ? [.. view.View.Features.Select(feature => new FeatureReference(view.View.Name, feature.Name))]
            : [.. projection.FeatureColumns.SelectMany(column => Read(column.Name, name, view, reasons))];
    }

    private static IEnumerable<FeatureReference> Read(string feature, string name, ImportedView view, List<string> reasons)
    {
        if (view.Features.Find(feature) is not { } here)
        {
            reasons.Add($"{feature} is left out, as {name} has no such feature");
            return [];
        }

        return [new FeatureReference(view.View.Name, here)];
    }
}
