using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace FeatureStore.Client;

/// <summary>One row of a stream: features of one entity in one view at one time, to be merged, to replace, or to be deleted.</summary>
/// <remarks>What the row itself does not say is set by <c>with</c>: <c>FeatureRow.Merge("EWR", weather) with { EventTimestamp = time }</c>.</remarks>
public sealed record FeatureRow
{
    private readonly Action<Utf8JsonWriter, JsonSerializerOptions>? _features;

    private FeatureRow(EntityId id, string operation, string? view, Action<Utf8JsonWriter, JsonSerializerOptions>? features)
    {
        id.Required(nameof(id));
        Id = id;
        Operation = operation;
        View = view;
        _features = features;
    }

    /// <summary>The entity.</summary>
    public EntityId Id { get; }

    /// <summary>The view; where none is named, that of the type's <see cref="FeatureViewAttribute"/>, else <c>default</c>.</summary>
    public string? View { get; init; }

    /// <summary>When the fact was true, to the microsecond; where it is not given, when the row was taken from the stream.</summary>
    public DateTimeOffset? EventTimestamp { get; init; }

    /// <summary>When the row was produced; where it is not given, when it was taken from the stream.</summary>
    public DateTimeOffset? CreatedTimestamp { get; init; }

    /// <summary>For how long after the event timestamp the values are served; as the view says, or for ever, where it is not given.</summary>
    public TimeSpan? Ttl { get; init; }

    /// <summary>The operation as it goes over the wire.</summary>
    internal string Operation { get; }

    /// <summary>A row that sets features; others stay.</summary>
    /// <typeparam name="T">A class or record with a property for each feature, or a dictionary.</typeparam>
    /// <param name="id">The entity.</param>
    /// <param name="features">The features; it is read when the row is taken from the stream.</param>
    public static FeatureRow Merge<T>(EntityId id, T features)
        where T : notnull => Of(id, "merge", features, null);

    /// <summary>A row that sets features, by the generated metadata of their type; others stay.</summary>
    /// <typeparam name="T">A class or record with a property for each feature, or a dictionary.</typeparam>
    /// <param name="id">The entity.</param>
    /// <param name="features">The features; it is read when the row is taken from the stream.</param>
    /// <param name="typeInfo">The type's metadata; the names in it are taken as they are.</param>
    public static FeatureRow Merge<T>(EntityId id, T features, JsonTypeInfo<T> typeInfo)
        where T : notnull => Of(id, "merge", features, typeInfo);

    /// <summary>A row that replaces what is stored: features that it does not name are gone.</summary>
    /// <typeparam name="T">A class or record with a property for each feature, or a dictionary.</typeparam>
    /// <param name="id">The entity.</param>
    /// <param name="features">The features; it is read when the row is taken from the stream.</param>
    public static FeatureRow Replace<T>(EntityId id, T features)
        where T : notnull => Of(id, "replace", features, null);

    /// <summary>A row that replaces what is stored, by the generated metadata of its type: features that it does not name are gone.</summary>
    /// <typeparam name="T">A class or record with a property for each feature, or a dictionary.</typeparam>
    /// <param name="id">The entity.</param>
    /// <param name="features">The features; it is read when the row is taken from the stream.</param>
    /// <param name="typeInfo">The type's metadata; the names in it are taken as they are.</param>
    public static FeatureRow Replace<T>(EntityId id, T features, JsonTypeInfo<T> typeInfo)
        where T : notnull => Of(id, "replace", features, typeInfo);

    /// <summary>A row that deletes the entity's row, or single features of it.</summary>
    /// <param name="id">The entity.</param>
    /// <param name="features">Only these features; the whole row where none is named.</param>
    public static FeatureRow Delete(EntityId id, params IReadOnlyList<string> features) => new(
        id, "delete", null, features.Count == 0 ? null : (json, _) => WriteNames(json, features));

    /// <summary>Writes the row as the services take it, stamped.</summary>
    internal void WriteTo(Utf8JsonWriter json, JsonSerializerOptions options, StampClock clock)
    {
        json.WriteStartObject();
        if (View is { } view)
        {
            json.WriteString("view"u8, view);
        }

        if (Id.Keys is [var key])
        {
            json.WriteString("entity_id"u8, key);
        }
        else
        {
            json.WritePropertyName("keys"u8);
            WriteNames(json, Id.Keys);
        }

        var now = clock.Next();
        json.WriteString("op"u8, Operation);
        json.WriteString("event_timestamp"u8, TargetQuery.Text(EventTimestamp ?? now));
        json.WriteString("created_timestamp"u8, TargetQuery.Text(CreatedTimestamp ?? now));
        if (Ttl is { } ttl)
        {
            json.WritePropertyName("ttl_seconds"u8);
            json.WriteRawValue(TargetQuery.Seconds(ttl));
        }

        if (_features is not null)
        {
            json.WritePropertyName("features"u8);
            _features(json, options);
        }

        json.WriteEndObject();
    }

    private static FeatureRow Of<T>(EntityId id, string operation, T features, JsonTypeInfo<T>? typeInfo)
        where T : notnull => new(
        id,
        operation,
        FeatureMapping.ViewOf(typeof(T)),
        (json, options) => JsonSerializer.Serialize(json, features, typeInfo ?? (JsonTypeInfo<T>)options.GetTypeInfo(typeof(T))));

    private static void WriteNames(Utf8JsonWriter json, IReadOnlyList<string> names)
    {
        json.WriteStartArray();
        foreach (var name in names)
        {
            json.WriteStringValue(name);
        }

        json.WriteEndArray();
    }
}
