namespace FeatureStore.Dapr;

/// <summary>A row was not written, because what is stored of its entity is about to expire and nobody saves over it meanwhile.</summary>
/// <param name="key">The state key.</param>
/// <param name="delay">After how long writing it again may succeed.</param>
public sealed class RowMustWaitException(string key, TimeSpan delay)
    : Exception($"What is stored under '{key}' is about to expire; it can be written again after {delay}.")
{
    /// <summary>After how long writing the row again may succeed.</summary>
    public TimeSpan Delay { get; } = delay;
}
