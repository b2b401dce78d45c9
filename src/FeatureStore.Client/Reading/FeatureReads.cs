using System.Text.Json;

namespace FeatureStore.Client;

/// <summary>Reads one entity, once or for as long as it is asked for: <c>GET /features?entity_id=…</c>.</summary>
internal sealed class FeatureReads(StoreConnection connection, JsonSerializerOptions json)
{
    public async Task<EntityFeatures?> GetAsync(EntityId id, ReadOptions options, CancellationToken cancellationToken)
    {
        var request = new StoreRequest(StoreService.Api, HttpMethod.Get, Target(id, options));
        var reply = await connection.SendAsync(request, cancellationToken).ConfigureAwait(false);
        return reply.Problem is null ? Read(reply.Json(), id, reply) : null;
    }

    /// <summary>Opens the stream of an entity's features: as they are, then as they become.</summary>
    /// <exception cref="FeatureStoreException">It was refused, or cannot be had for the moment. It is not tried again here.</exception>
    public Task<StoreStream> OpenAsync(EntityId id, ReadOptions options, CancellationToken cancellationToken) => connection.OpenAsync(
        new StoreRequest(StoreService.Api, HttpMethod.Get, Target(id, options)) { Accept = StoreRequest.EventStream }, cancellationToken);

    /// <summary>Reads the body of an answer, or of an event that carries one.</summary>
    /// <exception cref="FeatureStoreException">It is no answer of the feature store.</exception>
    public EntityFeatures Read(JsonElement root, EntityId id, StoreReply reply) => reply.Read(root, body => new EntityFeatures(json)
    {
        Id = id,
        Values = Members(body.GetProperty("features"), value => value),
        Metadata = body.TryGetProperty("metadata", out var metadata) ? Members(metadata, Metadata) : new Dictionary<string, FeatureMetadata>(),
        RegistryVersion = reply.RegistryVersion,
        ServiceVersion = reply.ServiceVersion,
    });

    private static string Target(EntityId id, ReadOptions options)
    {
        // In the query, not in the path: there composite ids have a place, and no sidecar decodes them.
        var query = new TargetQuery();
        query.Add("entity_id", id.Required(nameof(id)));
        query.Add("entity", options.Entity);
        query.Add("view", options.Views);
        query.Add("feature", options.Features);
        query.Add("service", options.Service);
        query.Add("defaults", options.Defaults ? "true" : null);
        query.Add("metadata", options.Metadata ? "true" : null);
        return query.ToString();
    }

    private static Dictionary<string, T> Members<T>(JsonElement json, Func<JsonElement, T> read)
    {
        var members = new Dictionary<string, T>(json.GetPropertyCount(), StringComparer.Ordinal);
        foreach (var member in json.EnumerateObject())
        {
            members[member.Name] = read(member.Value);
        }

        return members;
    }

    private static FeatureMetadata Metadata(JsonElement feature) => new()
    {
        View = feature.GetProperty("view").GetString()!,
        Status = ReplyJson.Status(feature.GetProperty("status")),
        EventTimestamp = ReplyJson.Time(feature, "event_timestamp"),
        CreatedTimestamp = ReplyJson.Time(feature, "created_timestamp"),
        ExpiresAt = ReplyJson.Time(feature, "expires_at"),
        Age = feature.TryGetProperty("age_seconds", out var age) ? ReplyJson.Seconds(age) : null,
        IsStale = feature.TryGetProperty("stale", out var stale) ? stale.GetBoolean() : null,
    };
}
