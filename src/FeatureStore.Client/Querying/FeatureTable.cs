using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace FeatureStore.Client;

/// <summary>The features of many entities: a row for each entity asked for, in that order, and a column for each feature.</summary>
public sealed class FeatureTable
{
    private readonly JsonSerializerOptions _json;

    internal FeatureTable(JsonSerializerOptions json, IReadOnlyList<string> features, IReadOnlyList<FeatureTableRow> rows)
    {
        _json = json;
        Features = features;
        Rows = rows;
    }

    /// <summary>The names of the features, in the order in which they were asked for: <c>view__feature</c> where views share a name.</summary>
    public IReadOnlyList<string> Features { get; }

    /// <summary>The rows, one for each entity that was asked for.</summary>
    public IReadOnlyList<FeatureTableRow> Rows { get; }

    /// <summary>The version of the registry by which they were read; null while nothing is declared, or for no entities.</summary>
    public long? RegistryVersion { get; init; }

    /// <summary>The version of the feature service that was asked for; null where none was.</summary>
    public long? ServiceVersion { get; init; }

    /// <summary>The rows as a type of yours.</summary>
    /// <typeparam name="T">A class or record with a property for each feature.</typeparam>
    /// <returns>A value for each row, in their order; null for a row without any value.</returns>
    /// <exception cref="FeatureMappingException">A row does not fit, or lacks what the type cannot do without.</exception>
    public IReadOnlyList<T?> To<T>()
        where T : class => To((JsonTypeInfo<T>)_json.GetTypeInfo(typeof(T)));

    /// <summary>The rows as a type of yours, by its generated metadata.</summary>
    /// <typeparam name="T">A class or record with a property for each feature.</typeparam>
    /// <param name="typeInfo">The type's metadata; the names in it are taken as they are.</param>
    /// <returns>A value for each row, in their order; null for a row without any value.</returns>
    /// <exception cref="FeatureMappingException">A row does not fit, or lacks what the type cannot do without.</exception>
    public IReadOnlyList<T?> To<T>(JsonTypeInfo<T> typeInfo)
        where T : class => [.. Rows.Select(row => row.To(typeInfo))];
}
