namespace FeatureStore.DevSidecar.PubSub.Delivery;

/// <summary>What the app's reply means for one event.</summary>
internal enum DeliveryOutcome
{
    Success,
    Retry,
    Drop,
}
