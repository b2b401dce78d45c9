namespace FeatureStore.Cli.Feast;

/// <summary>The definitions of a Feast project as a registry.</summary>
/// <param name="Registry">What was carried over.</param>
/// <param name="Notes">What became of each definition.</param>
internal sealed record FeastImport(Model.Registry Registry, IReadOnlyList<ImportNote> Notes)
{
    public static FeastImport Of(FeastDefinitions feast)
    {
        var entities = new FeastEntities(feast);
        var views = new FeastViews(feast, entities);
        var services = new FeastServices(feast, views);
        return new FeastImport(
            new Model.Registry(entities.All, views.All, services.All),
            [.. entities.Notes, .. views.Notes, .. services.Notes, .. feast.Others.SelectMany(kind => kind.Names.Select(name => new ImportNote(kind.What, name, null, [Instead(kind.What)])))]);
    }

    private static string Instead(string what) => what switch
    {
        "on-demand view" => "is Python code that runs at each request: compute it in the caller, or before it is written",
        "saved dataset" => "is made of history, not declared",
        _ => "has no counterpart here",
    };
}
