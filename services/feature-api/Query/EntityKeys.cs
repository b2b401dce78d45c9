using System.Text.Json;
using FeatureStore.Model;

namespace FeatureStore.FeatureApi.Query;

/// <summary>Finds the state keys of entities that are given by their join keys, or by their ids where nothing is declared.</summary>
internal sealed class EntityKeys(QueryPlan plan, List<Fault> faults)
{
    /// <summary>
    /// For each entity the state key in each view; null where the entity lacks a key of the view. A key that all of them lack is
    /// a fault: it is misspelt rather than unknown.
    /// </summary>
    public List<string?[]> Read(IReadOnlyList<JsonElement> entities)
    {
        var known = faults.Count;
        var stateKeys = new List<string?[]>(entities.Count);
        for (var i = 0; i < entities.Count; i++)
        {
            stateKeys.Add(entities[i].ValueKind == JsonValueKind.Object ? Read(entities[i], i + 1) : []);
            if (entities[i].ValueKind != JsonValueKind.Object)
            {
                faults.Add(Fault.Malformed($"Entity {i + 1} must be an object of join keys.", "entities"));
            }
        }

        if (faults.Count == known && entities.Count > 0)
        {
            CheckAllLack(entities);
        }

        return stateKeys;
    }

    private string?[] Read(JsonElement entity, int at)
    {
        var keys = new string?[plan.Views.Count];
        for (var view = 0; view < keys.Length; view++)
        {
            var values = plan.Views[view].Schema is { } schema ? Declared(schema.Entity, entity, at) : Bare(entity, at);
            if (values is not null)
            {
                var found = new List<Fault>();
                keys[view] = StateKey.Encode(plan.Views[view].Name, values, found);
                faults.AddRange(found.Select(fault => fault with { Detail = $"Entity {at}: {fault.Detail}" }));
            }
        }

        return keys;
    }

    /// <summary>The key values in the declared order; null if one is missing, or is not of its type, with a fault.</summary>
    private string[]? Declared(Entity declared, JsonElement entity, int at)
    {
        var values = new string[declared.Keys.Count];
        for (var i = 0; i < values.Length; i++)
        {
            var key = declared.Keys[i];
            if (!entity.TryGetProperty(key.Name, out var given) || given.ValueKind == JsonValueKind.Null)
            {
                return null;
            }

            if ((Text(given) is { } text ? key.Canonical(text) : null) is not { Length: > 0 } value)
            {
                faults.Add(Fault.Invalid($"Entity {at}: the key '{key.Name}' is {FeatureType.NameOf(key.Type)}; {StateKey.Shorten(given.GetRawText())} is not.", key.Name));
                return null;
            }

            values[i] = value;
        }

        return values;
    }

    /// <summary>The id of an entity of which nothing is declared.</summary>
    private string[]? Bare(JsonElement entity, int at)
    {
        if (entity.TryGetProperty("entity_id", out var id) && Text(id) is { } single)
        {
            return [single];
        }

        if (entity.TryGetProperty("keys", out var keys) && keys.ValueKind == JsonValueKind.Array && keys.EnumerateArray().All(key => Text(key) is not null))
        {
            return [.. keys.EnumerateArray().Select(key => Text(key)!)];
        }

        faults.Add(Fault.Malformed($"Entity {at} needs entity_id, a string or an integer, or keys, an array of them: no registry is applied that would name join keys.", "entities"));
        return null;
    }

    private void CheckAllLack(IReadOnlyList<JsonElement> entities)
    {
        foreach (var view in plan.Views)
        {
            foreach (var key in view.Schema?.Entity.Keys ?? [])
            {
                if (!faults.Exists(fault => fault.Member == key.Name) && entities.All(entity => !entity.TryGetProperty(key.Name, out var given) || given.ValueKind == JsonValueKind.Null))
                {
                    var names = entities[0].EnumerateObject().Select(member => member.Name);
                    faults.Add(Fault.Malformed(
                        $"No entity has the key '{key.Name}', which the view '{view.Name}' needs.{(ClosestName.Of(key.Name, names) is { } near ? $" There is '{StateKey.Shorten(near)}'." : "")}", key.Name));
                }
            }
        }
    }

    private static string? Text(JsonElement key) => key.ValueKind switch
    {
        JsonValueKind.String => key.GetString(),
        JsonValueKind.Number => key.GetRawText(),
        _ => null,
    };
}
