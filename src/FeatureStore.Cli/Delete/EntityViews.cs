using FeatureStore.Cli.Ingest;
using FeatureStore.Cli.Service;
using FeatureStore.Model;

namespace FeatureStore.Cli.Delete;

/// <summary>An entity and all views that describe it, or did.</summary>
internal sealed class EntityViews
{
    private readonly Entity _entity;

    private EntityViews(Entity entity, IReadOnlyList<string> names) => (_entity, Names) = (entity, names);

    /// <summary>The names of the views.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Asks the registry; no name means the only entity.</summary>
    /// <exception cref="UsageException">It is not declared, or which one is meant cannot be told.</exception>
    public static async Task<EntityViews> FetchAsync(
        string? name, ServiceEndpoint service, TimeSpan patience, CliConsole console, CancellationToken stop)
    {
        var declared = await RegistryFetch.GetAsync(service, patience, console, stop)
            ?? throw new UsageException("--all-views: no views are declared here. Name the view with --view.");
        var entities = declared.Deletable.Entities;
        if (name is null && entities.Count != 1)
        {
            throw new UsageException($"--all-views: several entities are declared. Name one with --entity: {string.Join(", ", entities.Keys)}.");
        }

        var key = name ?? entities.Keys.First();
        if (!entities.TryGetValue(key, out var entity))
        {
            throw new UsageException($"--entity: there is no entity \"{key}\".{ClosestName.Suggestion(key, entities.Keys)} The entities are: {string.Join(", ", entities.Keys)}.");
        }

        string[] views = [.. declared.Deletable.ViewsOf(key).Select(view => view.Name)];
        return views.Length > 0 ? new EntityViews(entity, views) : throw new UsageException($"Entity {key} has no views.");
    }

    /// <summary>Refuses ids that have another number of parts than the entity.</summary>
    public void CheckKeys(IReadOnlyList<IReadOnlyList<string>> ids) => EntityKeys.Check(_entity, ids);
}
