namespace FeatureStore.DevSidecar.Resources;

/// <summary>What a Resiliency resource asks of deliveries from one pub/sub component.</summary>
internal sealed record InboundPolicy(TimeSpan? Timeout, RetryPolicy? Retry)
{
    public static readonly InboundPolicy None = new(null, null);
}
