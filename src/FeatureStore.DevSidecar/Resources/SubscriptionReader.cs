namespace FeatureStore.DevSidecar.Resources;

/// <summary>Reads a Subscription resource, v1alpha1 (one route) or v2alpha1 (routes.default).</summary>
internal static class SubscriptionReader
{
    public static SubscriptionResource Read(YamlFields spec)
    {
        var routes = spec.Mapping("routes");
        if (routes is not null && routes.Mappings("rules").Any())
        {
            throw new SidecarConfigurationException($"{routes.Where}.rules: CEL routing is not in DevSidecar, use daprd");
        }

        var route = routes?.Text("default") ?? spec.Text("route");
        if (string.IsNullOrEmpty(route))
        {
            throw new SidecarConfigurationException($"{spec.Where}: there is neither 'route' nor 'routes.default'");
        }

        var metadata = spec.Map("metadata");
        return new SubscriptionResource
        {
            PubsubName = spec.Required("pubsubname"),
            Topic = spec.Required("topic"),
            Route = WithSlash(route),
            DeadLetterTopic = spec.Text("deadLetterTopic") ?? "",
            Metadata = metadata,
            RawPayload = IsRaw(metadata),
            Bulk = Bulk(spec.Mapping("bulkSubscribe")),
            Declared = true,
        };
    }

    public static bool IsRaw(IReadOnlyDictionary<string, string> metadata) =>
        metadata.TryGetValue("rawPayload", out var raw) && (raw is "1" || (bool.TryParse(raw, out var value) && value));

    public static string WithSlash(string route) => route.StartsWith('/') ? route : "/" + route;

    public static BulkSubscribe? BulkOf(bool enabled, int? maxMessagesCount, int? maxAwaitDurationMs) => !enabled ? null : new BulkSubscribe(
        maxMessagesCount is > 0 ? maxMessagesCount.Value : BulkSubscribe.DefaultMaxMessagesCount,
        maxAwaitDurationMs is > 0 ? TimeSpan.FromMilliseconds(maxAwaitDurationMs.Value) : BulkSubscribe.DefaultMaxAwaitDuration);

    private static BulkSubscribe? Bulk(YamlFields? bulk) => bulk is null ? null
        : BulkOf(bulk.Flag("enabled"), bulk.Integer("maxMessagesCount"), bulk.Integer("maxAwaitDurationMs"));
}
