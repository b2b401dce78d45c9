namespace FeatureStore.LoadBaselines;

/// <summary>A step did not do what was to be measured, so there is no figure.</summary>
internal sealed class LoadFailedException(string message) : Exception(message);
