using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace FeatureStore.Client;

/// <summary>Writes one row a request: <c>PATCH</c>, <c>PUT</c> and <c>DELETE /features?entity_id=…</c>.</summary>
internal sealed class FeatureWrites(StoreConnection connection, FeatureStoreOptions options, StampClock clock)
{
    public Task<WriteResult> WriteAsync<T>(
        HttpMethod method, EntityId id, T features, JsonTypeInfo<T> typeInfo, WriteOptions write, CancellationToken cancellationToken)
    {
        var body = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(body, FeatureJson.Writer))
        {
            JsonSerializer.Serialize(writer, features, typeInfo);
        }

        var query = Target(id, write.View ?? FeatureMapping.ViewOf(typeof(T)));
        query.Add("ttl_seconds", write.Ttl is { } ttl ? TargetQuery.Seconds(ttl) : null);
        var request = new StoreRequest(StoreService.Ingest, method, "") { Body = body.WrittenMemory, ContentType = StoreRequest.Json };
        return SendAsync(request, query, id, write.EventTimestamp, write.CreatedTimestamp, cancellationToken);
    }

    public Task<WriteResult> DeleteAsync(EntityId id, DeleteOptions delete, CancellationToken cancellationToken)
    {
        var query = Target(id, delete.View);
        query.Add("feature", delete.Features);
        var request = new StoreRequest(StoreService.Ingest, HttpMethod.Delete, "");
        return SendAsync(request, query, id, delete.EventTimestamp, delete.CreatedTimestamp, cancellationToken);
    }

    private static TargetQuery Target(EntityId id, string? view)
    {
        var query = new TargetQuery();
        query.Add("entity_id", id.Required(nameof(id)));
        query.Add("view", view);
        return query;
    }

    private async Task<WriteResult> SendAsync(
        StoreRequest request, TargetQuery query, EntityId id, DateTimeOffset? eventTime, DateTimeOffset? created, CancellationToken cancellationToken)
    {
        if (eventTime is null && options.StampWrites)
        {
            eventTime = clock.Next();
        }

        if (eventTime is not null)
        {
            // With both given here, every try is the same row; a service would take its own clock, each time anew.
            created ??= clock.Next();
        }

        query.Add("event_timestamp", eventTime);
        query.Add("created_timestamp", created);
        request = request with { Target = query.ToString(), IsRepeatable = eventTime is not null };
        var reply = await connection.SendAsync(request, cancellationToken).ConfigureAwait(false);
        return reply.Read(reply.Json(), root => Read(root, id));
    }

    private static WriteResult Read(JsonElement root, EntityId id) => new(
        id,
        root.GetProperty("view").GetString()!,
        root.GetProperty("event_timestamp").GetDateTimeOffset(),
        root.GetProperty("created_timestamp").GetDateTimeOffset(),
        root.GetProperty("outcome").ValueEquals("applied") ? WriteOutcome.Applied : WriteOutcome.Superseded);
}
