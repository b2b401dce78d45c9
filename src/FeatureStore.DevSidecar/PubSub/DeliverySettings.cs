using FeatureStore.DevSidecar.Resources;

namespace FeatureStore.DevSidecar.PubSub;

/// <summary>How messages of a subscription are handed out: one by one, or in bulks.</summary>
/// <param name="Bulk">The bulks, if it is in bulks.</param>
/// <param name="IsAppHealthy">Whether the app takes any now; a broker that keeps messages need not know.</param>
internal sealed record DeliverySettings(BulkSubscribe? Bulk, Func<bool> IsAppHealthy);
