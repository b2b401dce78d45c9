using System.Text.Json;
using System.Text.Json.Serialization;

namespace FeatureStore.Hosting.Registry;

/// <summary>The shape of a reply, for the OpenAPI document.</summary>
internal sealed record RegistryReplySchema(
    [property: JsonPropertyName("version")] int Version,
    [property: JsonPropertyName("applied_at")] DateTimeOffset? AppliedAt,
    [property: JsonPropertyName("entities")] Dictionary<string, JsonElement> Entities,
    [property: JsonPropertyName("views")] Dictionary<string, JsonElement> Views,
    [property: JsonPropertyName("services")] Dictionary<string, JsonElement> Services,
    [property: JsonPropertyName("retired")] Dictionary<string, JsonElement>? Retired);
