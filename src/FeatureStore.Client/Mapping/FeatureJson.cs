using System.Diagnostics.CodeAnalysis;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace FeatureStore.Client;

/// <summary>How features become JSON and the other way.</summary>
internal static class FeatureJson
{
    /// <summary>How JSON is written: the umlauts of a value are stored as they are, not as escapes.</summary>
    public static JsonWriterOptions Writer { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The options that an app gave, with snake_case names where they have no policy; else those by reflection.</summary>
    public static JsonSerializerOptions Options(JsonSerializerOptions? given)
    {
        var options = given is null ? new JsonSerializerOptions { Encoder = Writer.Encoder } : new JsonSerializerOptions(given);
        options.PropertyNamingPolicy ??= JsonNamingPolicy.SnakeCaseLower;
        options.TypeInfoResolver ??= ByReflection();
        if (options.NumberHandling == JsonNumberHandling.Strict)
        {
            options.Converters.Add(new FloatText<double>());
            options.Converters.Add(new FloatText<float>());
        }

        options.MakeReadOnly();
        return options;
    }

    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "Not where reflection is switched off, as trimming does.")]
    [UnconditionalSuppressMessage("AOT", "IL3050", Justification = "Not where reflection is switched off, as ahead-of-time compilation does.")]
    private static IJsonTypeInfoResolver ByReflection() =>
        JsonSerializer.IsReflectionEnabledByDefault ? new DefaultJsonTypeInfoResolver() : JsonTypeInfoResolver.Combine();
}
