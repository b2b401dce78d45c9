using FeatureStore.Hosting.Events;

namespace FeatureStore.FeatureIngest.Events;

/// <summary>An event of which a row cannot be stored yet.</summary>
/// <param name="Delivered">The event as it was delivered.</param>
/// <param name="Id">Its own id, or else that of the delivery.</param>
/// <param name="Delay">After how long the row can be.</param>
internal sealed record PostponedEvent(DeliveredEvent Delivered, string Id, TimeSpan Delay);
