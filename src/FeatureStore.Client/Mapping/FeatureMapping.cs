using System.Buffers;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace FeatureStore.Client;

/// <summary>Makes values of a type out of features, and says which the type cannot do without.</summary>
/// <remarks>
/// A feature without a value is null where the property may be null, and its default where the constructor has one. What is
/// neither is missing: a number that nobody measured is never made up.
/// </remarks>
internal sealed class FeatureMapping
{
    private static readonly ConditionalWeakTable<JsonTypeInfo, FeatureMapping> Known = [];

    private readonly JsonTypeInfo _type;
    private readonly Property[] _properties;
    private readonly HashSet<string>? _named;

    private FeatureMapping(JsonTypeInfo type)
    {
        _type = type;
        if (type.Kind == JsonTypeInfoKind.Object)
        {
            _properties = [.. type.Properties.Where(property => property.Set is not null && !property.IsExtensionData).Select(property => new Property(property))];
            // What an extension property takes is everything that the others leave.
            _named = type.Properties.Any(property => property.IsExtensionData) ? [.. _properties.Select(property => property.Name)] : null;
        }
        else
        {
            _properties = [];
        }
    }

    /// <summary>The features that the type names, in its order.</summary>
    public IEnumerable<string> Names => _properties.Select(property => property.Name);

    public static FeatureMapping Of(JsonTypeInfo type) => Known.GetValue(type, static info => new FeatureMapping(info));

    /// <summary>The view that a type is marked with, if it is.</summary>
    public static string? ViewOf(Type type) => type.GetCustomAttribute<FeatureViewAttribute>()?.Name;

    /// <summary>The feature service that a type is marked with, if it is.</summary>
    public static string? ServiceOf(Type type) => type.GetCustomAttribute<FeatureServiceAttribute>()?.Name;

    /// <summary>Makes a value.</summary>
    /// <param name="features">The features that have a value, or null.</param>
    /// <param name="of">Whose features they are, for a person.</param>
    /// <exception cref="FeatureMappingException">They do not fit.</exception>
    public T Read<T>(IReadOnlyDictionary<string, JsonElement> features, string of)
        where T : class
    {
        var json = new ArrayBufferWriter<byte>(256);
        var missing = new List<string>();
        using (var writer = new Utf8JsonWriter(json, FeatureJson.Writer))
        {
            Write(writer, features, missing);
        }

        if (missing.Count > 0)
        {
            throw new FeatureMappingException(
                $"{of}: {typeof(T).Name} cannot do without {string.Join(", ", missing)}, of which no live value is stored. "
                + "Make the property nullable, or give its constructor parameter a default.",
                missing);
        }

        try
        {
            return JsonSerializer.Deserialize(json.WrittenSpan, (JsonTypeInfo<T>)_type)!;
        }
        catch (JsonException e)
        {
            throw new FeatureMappingException($"{of}: the features do not fit {typeof(T).Name}. {e.Message}", [], e);
        }
    }

    private void Write(Utf8JsonWriter json, IReadOnlyDictionary<string, JsonElement> features, List<string> missing)
    {
        json.WriteStartObject();
        foreach (var property in _properties)
        {
            var isKnown = features.TryGetValue(property.Name, out var value);
            if (isKnown && (value.ValueKind != JsonValueKind.Null || property.TakesNull))
            {
                WriteExactly(json, property.Name, value);
            }
            else if (property.HasDefault)
            {
                // Left out, which is what calls for the default.
            }
            else if (property.TakesNull)
            {
                json.WriteNull(property.Name);
            }
            else
            {
                missing.Add(property.Name);
            }
        }

        foreach (var (name, value) in features)
        {
            if (_type.Kind != JsonTypeInfoKind.Object || _named?.Contains(name) == false)
            {
                WriteExactly(json, name, value);
            }
        }

        json.WriteEndObject();
    }

    private static void WriteExactly(Utf8JsonWriter json, string name, JsonElement value)
    {
        json.WritePropertyName(name);
        json.WriteRawValue(JsonMarshal.GetRawUtf8Value(value), skipInputValidation: true);
    }

    private sealed class Property(JsonPropertyInfo info)
    {
        public string Name { get; } = info.Name;

        public bool TakesNull { get; } = info.IsSetNullable;

        public bool HasDefault { get; } = info.AssociatedParameter is { IsMemberInitializer: false, HasDefaultValue: true };
    }
}
