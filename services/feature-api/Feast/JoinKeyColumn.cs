using System.Text.Json;
using FeatureStore.Model;

namespace FeatureStore.FeatureApi.Feast;

/// <summary>One join key of the rows of a read.</summary>
/// <param name="Key">The key.</param>
/// <param name="Given">Its values as they came.</param>
/// <param name="Values">Its values in the form in which they are stored; null where there is none.</param>
internal sealed record JoinKeyColumn(JoinKey Key, JsonElement[] Given, string?[] Values)
{
    /// <summary>The one key of an entity of which nothing is declared.</summary>
    private static readonly JoinKey[] Undeclared = [new("entity_id", ScalarType.String)];

    /// <summary>The join keys of a view.</summary>
    public static IReadOnlyList<JoinKey> KeysOf(ViewSchema? schema) => schema?.Entity.Keys ?? Undeclared;

    /// <summary>A key that a view of the request has. Values of another type are faults.</summary>
    public static JoinKeyColumn Needed(JoinKey key, JsonElement[] given, FeastRefusal refusal)
    {
        var column = Echoed(key, given);
        for (var row = 0; row < given.Length; row++)
        {
            if (column.Values[row] is null && given[row].ValueKind != JsonValueKind.Null)
            {
                var type = FeatureType.NameOf(key.Type);
                refusal.Add(key.Type == ScalarType.String ? "string_type" : "int_parsing", $"The join key '{key.Name}' is {type}, which this is not", given[row], "entities", key.Name, row);
            }
        }

        return column;
    }

    /// <summary>A key that is only sent back.</summary>
    public static JoinKeyColumn Echoed(JoinKey key, JsonElement[] given) =>
        new(key, given, Array.ConvertAll(given, value => TextOf(value) is { } text ? key.Canonical(text) : null));

    /// <summary>The text of a key that was given as text or as a number.</summary>
    public static string? TextOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number => value.GetRawText(),
        _ => null,
    };

    /// <summary>Writes the value of a row as the key's type has it.</summary>
    public void Write(Utf8JsonWriter json, int row)
    {
        if (Values[row] is not { } value)
        {
            Given[row].WriteTo(json);
        }
        else if (Key.Type == ScalarType.String)
        {
            json.WriteStringValue(value);
        }
        else
        {
            json.WriteRawValue(value, skipInputValidation: true);
        }
    }
}
