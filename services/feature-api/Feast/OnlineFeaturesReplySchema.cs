using System.Text.Json;
using System.Text.Json.Serialization;

namespace FeatureStore.FeatureApi.Feast;

/// <summary>The shape of an answer, for the OpenAPI document. Answers are written by <see cref="OnlineFeaturesReply"/>.</summary>
internal sealed record OnlineFeaturesReplySchema(
    [property: JsonPropertyName("metadata")] OnlineFeaturesMetadataSchema Metadata,
    [property: JsonPropertyName("results")] OnlineFeaturesColumnSchema[] Results);

/// <summary>The names of the columns.</summary>
internal sealed record OnlineFeaturesMetadataSchema([property: JsonPropertyName("feature_names")] string[] FeatureNames);

/// <summary>One column; every array has one element an entity.</summary>
internal sealed record OnlineFeaturesColumnSchema(
    [property: JsonPropertyName("values")] JsonElement[] Values,
    [property: JsonPropertyName("statuses")] string[] Statuses,
    [property: JsonPropertyName("event_timestamps")] DateTimeOffset[] EventTimestamps);

/// <summary>The shape of a refusal.</summary>
internal sealed record FeastDetailSchema([property: JsonPropertyName("detail")] FeastFaultSchema[] Detail);

/// <summary>One mistake in a request.</summary>
internal sealed record FeastFaultSchema(
    [property: JsonPropertyName("type")] string Type,
    [property: JsonPropertyName("loc")] JsonElement[] Location,
    [property: JsonPropertyName("msg")] string Message,
    [property: JsonPropertyName("input")] JsonElement? Input);
