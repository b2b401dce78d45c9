using System.Text.Json.Serialization;

namespace FeatureStore.DevSidecar.PubSub.Delivery;

/// <summary>One element of the app's answer to <c>GET /dapr/subscribe</c>.</summary>
internal sealed record SubscribeReply(
    string? PubsubName,
    string? Topic,
    string? Route,
    SubscribeReply.RouteSet? Routes,
    string? DeadLetterTopic,
    Dictionary<string, string>? Metadata,
    SubscribeReply.BulkSettings? BulkSubscribe)
{
    internal sealed record RouteSet(List<RouteRule>? Rules, string? Default);

    internal sealed record RouteRule(string? Match, string? Path);

    internal sealed record BulkSettings(bool Enabled, int? MaxMessagesCount, int? MaxAwaitDurationMs);
}

[JsonSourceGenerationOptions(PropertyNameCaseInsensitive = true)]
[JsonSerializable(typeof(List<SubscribeReply>))]
internal sealed partial class SubscribeReplyJson : JsonSerializerContext;
