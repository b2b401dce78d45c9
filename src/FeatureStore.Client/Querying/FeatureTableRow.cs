using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace FeatureStore.Client;

/// <summary>The features of one entity of a query, in the order of the table's names.</summary>
public sealed class FeatureTableRow
{
    private readonly JsonSerializerOptions _json;
    private readonly Columns _columns;

    internal FeatureTableRow(JsonSerializerOptions json, Columns columns, int index)
    {
        _json = json;
        _columns = columns;
        Index = index;
    }

    /// <summary>Which entity of the query it is, counted from 0.</summary>
    public int Index { get; }

    /// <summary>The entity's keys as they were given.</summary>
    public required JsonElement Entity { get; init; }

    /// <summary>The values; JSON null where the status is not <see cref="FeatureStatus.Present"/> and no default stands in.</summary>
    public required IReadOnlyList<JsonElement> Values { get; init; }

    /// <summary>Whether each feature has a value.</summary>
    public required IReadOnlyList<FeatureStatus> Statuses { get; init; }

    /// <summary>When each value was true; empty unless <see cref="FeatureQuery.Metadata"/> asked for it.</summary>
    public required IReadOnlyList<DateTimeOffset?> EventTimestamps { get; init; }

    /// <summary>Until when each value is served, null for ever; empty unless <see cref="FeatureQuery.Metadata"/> asked for it.</summary>
    public required IReadOnlyList<DateTimeOffset?> ExpiresAt { get; init; }

    /// <summary>How long before the read each value was true; empty unless <see cref="FeatureQuery.Metadata"/> asked for it.</summary>
    public required IReadOnlyList<TimeSpan?> Ages { get; init; }

    /// <summary>A feature's value.</summary>
    /// <param name="feature">The feature's name in the table.</param>
    /// <exception cref="KeyNotFoundException">It was not asked for.</exception>
    public JsonElement this[string feature] => Values[_columns.IndexOf(feature)];

    /// <summary>Whether a feature has a value.</summary>
    /// <param name="feature">The feature's name in the table.</param>
    /// <exception cref="KeyNotFoundException">It was not asked for.</exception>
    public FeatureStatus StatusOf(string feature) => Statuses[_columns.IndexOf(feature)];

    /// <summary>The row as a type of yours.</summary>
    /// <typeparam name="T">A class or record with a property for each feature.</typeparam>
    /// <returns>Null for a row without any value.</returns>
    /// <exception cref="FeatureMappingException">It does not fit, or lacks what the type cannot do without.</exception>
    public T? To<T>()
        where T : class => To((JsonTypeInfo<T>)_json.GetTypeInfo(typeof(T)));

    /// <summary>The row as a type of yours, by its generated metadata.</summary>
    /// <typeparam name="T">A class or record with a property for each feature.</typeparam>
    /// <param name="typeInfo">The type's metadata; the names in it are taken as they are.</param>
    /// <returns>Null for a row without any value.</returns>
    /// <exception cref="FeatureMappingException">It does not fit, or lacks what the type cannot do without.</exception>
    public T? To<T>(JsonTypeInfo<T> typeInfo)
        where T : class
    {
        var values = new Dictionary<string, JsonElement>(Values.Count, StringComparer.Ordinal);
        for (var i = 0; i < Values.Count; i++)
        {
            if (Values[i].ValueKind != JsonValueKind.Null || Statuses[i] == FeatureStatus.NullValue)
            {
                values[_columns.Names[i]] = Values[i];
            }
        }

        return values.Count == 0 ? null : FeatureMapping.Of(typeInfo).Read<T>(values, $"Row {Index} ({Entity.GetRawText()})");
    }

    /// <summary>The table's names.</summary>
    internal sealed class Columns(IReadOnlyList<string> names)
    {
        private readonly Dictionary<string, int> _indexes = names.Select((name, i) => (name, i)).ToDictionary(pair => pair.name, pair => pair.i, StringComparer.Ordinal);

        public IReadOnlyList<string> Names => names;

        public int IndexOf(string feature) => _indexes.TryGetValue(feature, out var index)
            ? index
            : throw new KeyNotFoundException($"There is no feature '{feature}' in the table; there are {string.Join(", ", names)}.");
    }
}
