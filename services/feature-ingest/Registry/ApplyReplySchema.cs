using System.Text.Json.Serialization;

namespace FeatureStore.FeatureIngest.Registry;

/// <summary>The shape of a reply, for the OpenAPI document.</summary>
internal sealed record ApplyReplySchema(
    [property: JsonPropertyName("version")] int Version,
    [property: JsonPropertyName("applied_at")] DateTimeOffset? AppliedAt,
    [property: JsonPropertyName("changes")] RegistryChangeSchema[] Changes);

/// <summary>One difference between two registries.</summary>
internal sealed record RegistryChangeSchema(
    [property: JsonPropertyName("kind")] string Kind,
    [property: JsonPropertyName("what")] string What,
    [property: JsonPropertyName("name")] string Name,
    [property: JsonPropertyName("details")] string[] Details);
