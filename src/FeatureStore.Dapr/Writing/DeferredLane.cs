namespace FeatureStore.Dapr;

/// <summary>A lane whose stored row is about to expire physically, and how long to wait until it is gone.</summary>
internal readonly record struct DeferredLane(Lane Lane, TimeSpan Delay);
