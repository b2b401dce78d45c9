using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace FeatureStore.Model;

/// <summary>Writes what is declared as JSON, in one form: what <see cref="RegistryReader"/> reads back as the same.</summary>
public static class RegistryWriter
{
    internal static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A whole registry.</summary>
    public static ReadOnlyMemory<byte> Write(Registry registry) => Json(json =>
    {
        json.WriteStartObject();
        Section(json, "entities", registry.Entities, Write);
        Section(json, "views", registry.Views, Write);
        Section(json, "services", registry.Services, Write);
        json.WriteEndObject();
    });

    /// <summary>One view, as it stands under its name.</summary>
    public static ReadOnlyMemory<byte> Write(FeatureView view) => Json(json => Write(json, view));

    /// <summary>One feature service, as it stands under its name.</summary>
    public static ReadOnlyMemory<byte> Write(FeatureService service) => Json(json => Write(json, service));

    /// <summary>One entity, as it stands under its name.</summary>
    public static ReadOnlyMemory<byte> Write(Entity entity) => Json(json => Write(json, entity));

    private static ReadOnlyMemory<byte> Json(Action<Utf8JsonWriter> write)
    {
        var output = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(output, Options);
        write(json);
        json.Flush();
        return output.WrittenMemory;
    }

    private static void Section<T>(Utf8JsonWriter json, string name, IReadOnlyDictionary<string, T> items, Action<Utf8JsonWriter, T> write)
    {
        if (items.Count == 0)
        {
            return;
        }

        json.WriteStartObject(name);
        foreach (var (key, item) in items)
        {
            json.WritePropertyName(key);
            write(json, item);
        }

        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, Entity entity)
    {
        json.WriteStartObject();
        json.WriteStartObject("keys");
        foreach (var key in entity.Keys)
        {
            json.WriteString(key.Name, FeatureType.NameOf(key.Type));
        }

        json.WriteEndObject();
        Describe(json, entity.Description);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, FeatureView view)
    {
        json.WriteStartObject();
        json.WriteString("entity", view.Entity);
        Duration(json, "ttl", view.Ttl);
        Duration(json, "freshness", view.Freshness);
        if (view.Serving == ServingMode.Push)
        {
            json.WriteString("serving", "push");
        }

        if (view.IsPreloaded)
        {
            json.WriteBoolean("preload", true);
        }

        Duration(json, "lateness", view.Lateness);
        Duration(json, "retention", view.Retention);
        if (view.IsOpen)
        {
            json.WriteBoolean("open", true);
        }

        if (view.PushSources.Count > 0)
        {
            json.WriteStartArray("push_sources");
            foreach (var source in view.PushSources)
            {
                json.WriteStringValue(source);
            }

            json.WriteEndArray();
        }

        Describe(json, view.Description);
        if (view.Features.Count > 0)
        {
            json.WriteStartObject("features");
            foreach (var feature in view.Features)
            {
                json.WritePropertyName(feature.Name);
                Write(json, feature);
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, Feature feature)
    {
        if (feature.Default is null && feature.Description == Description.None)
        {
            json.WriteStringValue(feature.Type.ToString());
            return;
        }

        json.WriteStartObject();
        json.WriteString("type", feature.Type.ToString());
        if (feature.Default is { } value)
        {
            json.WritePropertyName("default");
            json.WriteRawValue(value);
        }

        Describe(json, feature.Description);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, FeatureService service)
    {
        var isPlain = service.Description == Description.None;
        if (!isPlain)
        {
            json.WriteStartObject();
            json.WritePropertyName("features");
        }

        json.WriteStartArray();
        foreach (var feature in service.Features)
        {
            json.WriteStringValue(feature.ToString());
        }

        json.WriteEndArray();
        if (!isPlain)
        {
            Describe(json, service.Description);
            json.WriteEndObject();
        }
    }

    private static void Describe(Utf8JsonWriter json, Description description)
    {
        if (description.Text is { } text)
        {
            json.WriteString("description", text);
        }

        if (description.Owner is { } owner)
        {
            json.WriteString("owner", owner);
        }

        if (description.Tags.Count > 0)
        {
            json.WriteStartObject("tags");
            foreach (var (name, value) in description.Tags.OrderBy(tag => tag.Key, StringComparer.Ordinal))
            {
                json.WriteString(name, value);
            }

            json.WriteEndObject();
        }
    }

    private static void Duration(Utf8JsonWriter json, string name, TimeSpan? duration)
    {
        if (duration is { } given)
        {
            json.WriteString(name, Model.Duration.Format(given));
        }
    }
}
