using FeatureStore.Model;

namespace FeatureStore.FeatureApi.Query;

/// <summary>One feature that a query asks for.</summary>
/// <param name="Reference">Its view and name.</param>
/// <param name="View">The place of its view among those of the query.</param>
/// <param name="OwnName">Its name in the view, in UTF-8.</param>
/// <param name="Declared">What is declared of it; null in an open view.</param>
internal sealed record QueryColumn(FeatureReference Reference, int View, ReadOnlyMemory<byte> OwnName, Feature? Declared);
