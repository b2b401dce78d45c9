using FeatureStore.FeatureIngest.Events;
using FeatureStore.Hosting.Events;

namespace FeatureStore.FeatureIngest.DeadLetters;

/// <summary>An event that can never be taken in.</summary>
/// <param name="Delivered">The event as it was delivered.</param>
/// <param name="Id">Its own id, or else that of the delivery.</param>
/// <param name="Reason">Why.</param>
internal sealed record DroppedEvent(DeliveredEvent Delivered, string Id, DropReason Reason);
