using System.Text.Json;

namespace FeatureStore.Client;

/// <summary>Entities that are asked for in one call.</summary>
/// <param name="First">Which of the query's entities the first of them is.</param>
/// <param name="Entities">The entities.</param>
/// <param name="Witnesses">
/// Others that go along unasked: a call in which no entity has a key that another call's have would be refused, as misspelt.
/// </param>
internal sealed record EntityChunk(int First, IReadOnlyList<JsonElement> Entities, IReadOnlyList<JsonElement> Witnesses)
{
    /// <summary>Divides entities into calls that are answered as one call for all of them would be.</summary>
    /// <param name="entities">The keys of each entity.</param>
    /// <param name="most">The most entities of a call.</param>
    public static List<EntityChunk> Divide(IReadOnlyList<JsonElement> entities, int most)
    {
        if (entities.Count <= most)
        {
            return entities.Count == 0 ? [] : [new EntityChunk(0, entities, [])];
        }

        var having = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        var given = 0;
        foreach (var entity in entities)
        {
            foreach (var key in Keys(entity))
            {
                having.TryAdd(key, entity);
                given++;
            }
        }

        // Where every entity has every key, no call wants a witness.
        var size = given == (long)having.Count * entities.Count ? most : Math.Max(1, most - having.Count);
        var chunks = new List<EntityChunk>();
        for (var first = 0; first < entities.Count; first += size)
        {
            var chunk = entities.Skip(first).Take(size).ToList();
            var missing = having.Keys.Except(chunk.SelectMany(Keys), StringComparer.Ordinal);
            chunks.Add(new EntityChunk(first, chunk, [.. missing.Select(key => having[key]).Take(most - chunk.Count)]));
        }

        return chunks;
    }

    private static IEnumerable<string> Keys(JsonElement entity) => entity.ValueKind == JsonValueKind.Object
        ? entity.EnumerateObject().Where(member => member.Value.ValueKind != JsonValueKind.Null).Select(member => member.Name)
        : [];
}
