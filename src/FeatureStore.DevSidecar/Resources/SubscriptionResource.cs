namespace FeatureStore.DevSidecar.Resources;

/// <summary>One topic of one pub/sub component that is delivered to one path of the app.</summary>
internal sealed record SubscriptionResource
{
    public required string PubsubName { get; init; }

    public required string Topic { get; init; }

    /// <summary>The path of the app, starting with a slash.</summary>
    public required string Route { get; init; }

    public string DeadLetterTopic { get; init; } = "";

    public bool RawPayload { get; init; }

    public BulkSubscribe? Bulk { get; init; }

    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    /// <summary>Whether a file declares it, rather than the app's answer to <c>/dapr/subscribe</c>.</summary>
    public bool Declared { get; init; }
}
