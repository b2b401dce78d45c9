using FeatureStore.Model;

namespace FeatureStore.History;

/// <summary>The history of one view as it is at one moment.</summary>
/// <param name="Name">The view's name.</param>
/// <param name="View">The view as it is declared; null where it is not, and takes any feature.</param>
/// <param name="Entity">Its entity; null where the view is not declared: then its one key is <c>entity_id</c>.</param>
/// <param name="Files">Its files.</param>
public sealed record ViewHistory(string Name, FeatureView? View, Entity? Entity, IReadOnlyList<HistoryFile> Files);
