using System.Text.Json.Serialization;

namespace FeatureStore.FeatureIngest.Bulk;

/// <summary>The shape of a reply, for the OpenAPI document.</summary>
internal sealed record BulkReplySchema(
    [property: JsonPropertyName("applied")] long Applied,
    [property: JsonPropertyName("superseded")] long Superseded,
    [property: JsonPropertyName("rejected")] long Rejected,
    [property: JsonPropertyName("failed")] long Failed,
    [property: JsonPropertyName("errors")] BulkErrorSchema[]? Errors,
    [property: JsonPropertyName("failed_lines")] long[][]? FailedLines);

/// <summary>One fault of a rejected row.</summary>
internal sealed record BulkErrorSchema(
    [property: JsonPropertyName("line")] long Line,
    [property: JsonPropertyName("detail")] string Detail,
    [property: JsonPropertyName("member")] string? Member);
