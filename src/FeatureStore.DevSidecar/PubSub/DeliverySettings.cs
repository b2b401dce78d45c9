using FeatureStore.DevSidecar.Resources;

namespace FeatureStore.DevSidecar.PubSub;

/// <summary>How messages of a subscription are handed out: one by one, or in bulks.</summary>
internal sealed record DeliverySettings(BulkSubscribe? Bulk);
