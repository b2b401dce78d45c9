using System.Buffers;
using System.Text.Json;

namespace FeatureStore.Client;

/// <summary>Asks for many entities: <c>POST /features/query</c>, in several calls where they are too many for one.</summary>
internal sealed class FeatureQueries(StoreConnection connection, FeatureStoreOptions options, JsonSerializerOptions json)
{
    /// <summary>How often a query is begun anew because what is declared changed between its calls.</summary>
    private const int MaxChanges = 3;

    public async Task<FeatureTable> QueryAsync(FeatureQuery query, IEnumerable<object> entities, CancellationToken cancellationToken)
    {
        if (query.Service is null == (query.Features.Count == 0))
        {
            throw new ArgumentException("A query names either a service or features.", nameof(query));
        }

        var chunks = EntityChunk.Divide([.. entities.Select(Keys)], options.MaxEntitiesPerCall);
        for (var change = 0; ; change++)
        {
            var parts = await AskAsync(query, chunks, cancellationToken).ConfigureAwait(false);
            if (parts.Count == 0)
            {
                return new FeatureTable(json, query.Features, []);
            }

            // Rows of two versions of a service would not be of one table.
            if (parts.TrueForAll(part => part.ServiceVersion == parts[0].ServiceVersion && part.Features.SequenceEqual(parts[0].Features)))
            {
                return new FeatureTable(json, parts[0].Features, [.. parts.SelectMany(part => part.Rows)])
                {
                    RegistryVersion = parts.Max(part => part.RegistryVersion),
                    ServiceVersion = parts[0].ServiceVersion,
                };
            }

            if (change == MaxChanges)
            {
                throw new FeatureStoreException($"What is declared changed {change} times while the query was answered in {parts.Count} calls.");
            }
        }
    }

    private async Task<List<FeatureTable>> AskAsync(FeatureQuery query, List<EntityChunk> chunks, CancellationToken cancellationToken)
    {
        var tables = new FeatureTable[chunks.Count];
        if (chunks.Count == 1)
        {
            tables[0] = await AskAsync(query, chunks[0], cancellationToken).ConfigureAwait(false);
            return [.. tables];
        }

        var parallel = new ParallelOptions { MaxDegreeOfParallelism = options.MaxConcurrentCalls, CancellationToken = cancellationToken };
        await Parallel.ForAsync(0, chunks.Count, parallel, async (i, cancellation) =>
            tables[i] = await AskAsync(query, chunks[i], cancellation).ConfigureAwait(false)).ConfigureAwait(false);
        return [.. tables];
    }

    private async Task<FeatureTable> AskAsync(FeatureQuery query, EntityChunk chunk, CancellationToken cancellationToken)
    {
        var request = new StoreRequest(StoreService.Api, HttpMethod.Post, "/features/query")
        {
            Body = Body(query, chunk),
            ContentType = StoreRequest.Json,
        };
        var reply = await connection.SendAsync(request, cancellationToken).ConfigureAwait(false);
        return reply.Read(reply.Json(), root => Read(root, chunk, reply));
    }

    private JsonElement Keys(object entity, int index)
    {
        ArgumentNullException.ThrowIfNull(entity, $"entities[{index}]");
        return JsonSerializer.SerializeToElement(entity, json.GetTypeInfo(entity.GetType()));
    }

    private ReadOnlyMemory<byte> Body(FeatureQuery query, EntityChunk chunk)
    {
        var body = new ArrayBufferWriter<byte>(4096);
        using (var writer = new Utf8JsonWriter(body, FeatureJson.Writer))
        {
            writer.WriteStartObject();
            if (query.Service is { } service)
            {
                writer.WriteString("service", service);
            }
            else
            {
                writer.WriteStartArray("features");
                foreach (var feature in query.Features)
                {
                    writer.WriteStringValue(feature);
                }

                writer.WriteEndArray();
            }

            writer.WriteBoolean("metadata", query.Metadata);
            writer.WriteBoolean("defaults", query.Defaults);
            writer.WriteStartArray("entities");
            foreach (var entity in chunk.Entities.Concat(chunk.Witnesses))
            {
                entity.WriteTo(writer);
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        return body.WrittenMemory;
    }

    private FeatureTable Read(JsonElement root, EntityChunk chunk, StoreReply reply)
    {
        var answered = root.GetProperty("rows").GetArrayLength();
        if (answered != chunk.Entities.Count + chunk.Witnesses.Count)
        {
            throw new FeatureStoreException($"feature-api answered {answered} rows for {chunk.Entities.Count + chunk.Witnesses.Count} entities.");
        }

        string[] features = [.. root.GetProperty("features").EnumerateArray().Select(name => name.GetString()!)];
        var columns = new FeatureTableRow.Columns(features);
        var rows = root.GetProperty("rows").EnumerateArray().Take(chunk.Entities.Count).Select((row, i) => new FeatureTableRow(json, columns, chunk.First + i)
        {
            Entity = row.GetProperty("entity"),
            Values = [.. row.GetProperty("values").EnumerateArray()],
            Statuses = [.. row.GetProperty("statuses").EnumerateArray().Select(ReplyJson.Status)],
            EventTimestamps = Each(row, "event_timestamps", ReplyJson.Time),
            ExpiresAt = Each(row, "expires_at", ReplyJson.Time),
            Ages = Each(row, "age_seconds", ReplyJson.Seconds),
        });
        return new FeatureTable(json, features, [.. rows]) { RegistryVersion = reply.RegistryVersion, ServiceVersion = reply.ServiceVersion };
    }

    private static T[] Each<T>(JsonElement row, string member, Func<JsonElement, T> read) =>
        row.TryGetProperty(member, out var values) ? [.. values.EnumerateArray().Select(read)] : [];
}
