namespace FeatureStore.DevSidecar.Resources;

/// <summary>Everything of the resources paths that concerns one app.</summary>
internal sealed record ResourceSet(
    IReadOnlyList<ComponentResource> Components,
    IReadOnlyList<SubscriptionResource> Subscriptions,
    IReadOnlyDictionary<string, InboundPolicy> Inbound);
