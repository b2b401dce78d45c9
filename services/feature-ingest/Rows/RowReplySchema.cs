using System.Text.Json.Serialization;

namespace FeatureStore.FeatureIngest.Rows;

/// <summary>The shape of a reply, for the OpenAPI document.</summary>
internal sealed record RowReplySchema(
    [property: JsonPropertyName("entity_id")] string? EntityId,
    [property: JsonPropertyName("keys")] string[]? Keys,
    [property: JsonPropertyName("view")] string? View,
    [property: JsonPropertyName("event_timestamp")] DateTimeOffset? EventTimestamp,
    [property: JsonPropertyName("created_timestamp")] DateTimeOffset? CreatedTimestamp,
    [property: JsonPropertyName("outcome")] string? Outcome,
    [property: JsonPropertyName("entity")] string? Entity,
    [property: JsonPropertyName("views")] RowReplySchema.ViewOutcome[]? Views)
{
    /// <summary>What the deletion of an entity did to its row in one view.</summary>
    internal sealed record ViewOutcome(
        [property: JsonPropertyName("view")] string View,
        [property: JsonPropertyName("event_timestamp")] DateTimeOffset EventTimestamp,
        [property: JsonPropertyName("created_timestamp")] DateTimeOffset CreatedTimestamp,
        [property: JsonPropertyName("outcome")] string Outcome);
}
