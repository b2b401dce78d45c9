using System.Text.Json;
using System.Text.Json.Serialization;

namespace FeatureStore.FeatureApi.Serving;

/// <summary>The shape of a reply, for the OpenAPI document. Replies are written by <see cref="FeatureReply"/>.</summary>
internal sealed record FeatureReplySchema(
    [property: JsonPropertyName("entity_id")] string? EntityId,
    [property: JsonPropertyName("keys")] string[]? Keys,
    [property: JsonPropertyName("features")] Dictionary<string, JsonElement> Features,
    [property: JsonPropertyName("metadata")] Dictionary<string, FeatureMetadataSchema>? Metadata);

/// <summary>What is known of one feature.</summary>
internal sealed record FeatureMetadataSchema(
    [property: JsonPropertyName("view")] string View,
    [property: JsonPropertyName("status")] string Status,
    [property: JsonPropertyName("event_timestamp")] DateTimeOffset? EventTimestamp,
    [property: JsonPropertyName("created_timestamp")] DateTimeOffset? CreatedTimestamp,
    [property: JsonPropertyName("expires_at")] DateTimeOffset? ExpiresAt,
    [property: JsonPropertyName("age_seconds")] double? AgeSeconds,
    [property: JsonPropertyName("stale")] bool? Stale);
