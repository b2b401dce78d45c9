using FeatureStore.Model;

namespace FeatureStore.Dapr;

/// <summary>What became of a row that was acknowledged.</summary>
/// <param name="Applied">False if it was superseded whole: valid, but older than what is stored.</param>
/// <param name="Stamp">The stamp that was fixed for it.</param>
public readonly record struct WriteOutcome(bool Applied, Stamp Stamp);
