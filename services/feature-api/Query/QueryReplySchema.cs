using System.Text.Json;
using System.Text.Json.Serialization;

namespace FeatureStore.FeatureApi.Query;

/// <summary>The shape of a reply, for the OpenAPI document. Replies are written by <see cref="QueryReply"/>.</summary>
internal sealed record QueryReplySchema(
    [property: JsonPropertyName("features")] string[] Features,
    [property: JsonPropertyName("rows")] QueryRowSchema[] Rows);

/// <summary>One entity of a reply; every array has one element a feature.</summary>
internal sealed record QueryRowSchema(
    [property: JsonPropertyName("entity")] Dictionary<string, JsonElement> Entity,
    [property: JsonPropertyName("values")] JsonElement[] Values,
    [property: JsonPropertyName("statuses")] string[] Statuses,
    [property: JsonPropertyName("event_timestamps")] DateTimeOffset?[]? EventTimestamps,
    [property: JsonPropertyName("expires_at")] DateTimeOffset?[]? ExpiresAt,
    [property: JsonPropertyName("age_seconds")] double?[]? AgeSeconds,
    [property: JsonPropertyName("stale")] bool?[]? Stale);
