using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace FeatureStore.Client;

/// <summary>The latest features of one entity.</summary>
public sealed class EntityFeatures
{
    private readonly JsonSerializerOptions _json;

    internal EntityFeatures(JsonSerializerOptions json) => _json = json;

    /// <summary>The entity.</summary>
    public required EntityId Id { get; init; }

    /// <summary>
    /// The features that have a value or are null, by the names under which they are served; <c>GetRawText()</c> is the exact
    /// text that was written, every digit of it.
    /// </summary>
    public required IReadOnlyDictionary<string, JsonElement> Values { get; init; }

    /// <summary>What is known of each feature, those without a value too; empty unless <see cref="ReadOptions.Metadata"/> asked for it.</summary>
    public required IReadOnlyDictionary<string, FeatureMetadata> Metadata { get; init; }

    /// <summary>The version of the registry by which they were read; null while nothing is declared.</summary>
    public long? RegistryVersion { get; init; }

    /// <summary>The version of the feature service that was asked for; null where none was.</summary>
    public long? ServiceVersion { get; init; }

    /// <summary>A feature's value.</summary>
    /// <param name="feature">The name under which it is served.</param>
    /// <exception cref="KeyNotFoundException">It has none.</exception>
    public JsonElement this[string feature] => Values[feature];

    /// <summary>The features as a type of yours.</summary>
    /// <typeparam name="T">A class or record with a property for each feature.</typeparam>
    /// <exception cref="FeatureMappingException">They do not fit, or one is missing that the type cannot do without.</exception>
    public T To<T>()
        where T : class => To((JsonTypeInfo<T>)_json.GetTypeInfo(typeof(T)));

    /// <summary>The features as a type of yours, by its generated metadata.</summary>
    /// <typeparam name="T">A class or record with a property for each feature.</typeparam>
    /// <param name="typeInfo">The type's metadata; the names in it are taken as they are.</param>
    /// <exception cref="FeatureMappingException">They do not fit, or one is missing that the type cannot do without.</exception>
    public T To<T>(JsonTypeInfo<T> typeInfo)
        where T : class => FeatureMapping.Of(typeInfo).Read<T>(Values, $"Entity '{Id}'");

    /// <summary>The same reading with other values and another knowledge of them.</summary>
    internal EntityFeatures With(IReadOnlyDictionary<string, JsonElement> values, IReadOnlyDictionary<string, FeatureMetadata> metadata) => new(_json)
    {
        Id = Id,
        Values = values,
        Metadata = metadata,
        RegistryVersion = RegistryVersion,
        ServiceVersion = ServiceVersion,
    };
}
