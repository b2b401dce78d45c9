using FeatureStore.Model;

namespace FeatureStore.Cli.Feast;

/// <summary>A view that was carried over.</summary>
/// <param name="View">The view.</param>
/// <param name="Features">The names of its features here, by those in Feast.</param>
internal sealed record ImportedView(FeatureView View, FeastNames Features);
