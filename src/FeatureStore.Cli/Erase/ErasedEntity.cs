using System.Net;
using FeatureStore.Cli.History;
using FeatureStore.Cli.Registry;
using FeatureStore.Cli.Service;
using FeatureStore.Model;

namespace FeatureStore.Cli.Erase;

/// <summary>Of what the ids are that are erased: of an entity, or, where none is declared, of the views that there are.</summary>
internal sealed class ErasedEntity
{
    private readonly Entity? _entity;

    private ErasedEntity(string? name, Entity? entity, IReadOnlyList<string> views) => (Name, _entity, Views) = (name, entity, views);

    /// <summary>The entity; null where none is declared.</summary>
    public string? Name { get; }

    /// <summary>The views to delete from online, where no entity says it.</summary>
    public IReadOnlyList<string> Views { get; }

    /// <summary>The entity, for a sentence.</summary>
    public string Of => Name is null ? "" : $" of entity {Name}";

    /// <summary>The views, for a sentence.</summary>
    public string Where => Name is not null ? "all its views" : Views.Count == 1 ? $"view {Views[0]}" : $"the views {string.Join(", ", Views)}";

    /// <summary>Asks what is declared; no name means the only entity.</summary>
    /// <exception cref="UsageException">It is not declared, or which one is meant cannot be told.</exception>
    /// <exception cref="CommandFailedException">The service cannot be reached, or refuses.</exception>
    public static async Task<ErasedEntity> FindAsync(string? name, ServiceEndpoint ingest, ServiceEndpoint history, CliConsole console, CancellationToken stop)
    {
        using var client = new ServiceClient(ingest, console);
        using var request = new HttpRequestMessage(HttpMethod.Get, ingest.Path(RegistryClient.Path));
        var reply = await client.ExchangeAsync(request, stop);
        if (reply.Status == HttpStatusCode.Forbidden && name is not null)
        {
            // Whoever may only write has the services say what is wrong.
            return new ErasedEntity(name, null, []);
        }

        var entities = reply.IsSuccess ? new RegistryClient(client).Read(reply.Body).Deletable.Entities : throw client.Failed(reply);
        if (entities.Count == 0)
        {
            return name is null
                ? new ErasedEntity(null, null, await UndeclaredViewsAsync(history, console, stop))
                : throw new UsageException("--entity: no entities are declared here. Leave it out.");
        }

        if (name is null && entities.Count > 1)
        {
            throw new UsageException($"Several entities are declared. Name one with --entity: {string.Join(", ", entities.Keys)}.");
        }

        var key = name ?? entities.Keys.First();
        return entities.TryGetValue(key, out var entity)
            ? new ErasedEntity(key, entity, [])
            : throw new UsageException($"--entity: there is no entity \"{key}\".{ClosestName.Suggestion(key, entities.Keys)} The entities are: {string.Join(", ", entities.Keys)}.");
    }

    /// <summary>Refuses ids that have another number of parts than the entity.</summary>
    public void CheckKeys(IReadOnlyList<IReadOnlyList<string>> ids)
    {
        if (_entity is not null)
        {
            EntityKeys.Check(_entity, ids);
        }
    }

    /// <summary>Without a registry history erases an id in all views it has; online they are deleted likewise.</summary>
    private static async Task<IReadOnlyList<string>> UndeclaredViewsAsync(ServiceEndpoint history, CliConsole console, CancellationToken stop)
    {
        var (views, _) = await StatisticsClient.AskAsync(history, console, stop);
        return [StateKey.DefaultView, .. (views?.Keys ?? []).Where(view => view != StateKey.DefaultView).Order(StringComparer.Ordinal)];
    }
}
