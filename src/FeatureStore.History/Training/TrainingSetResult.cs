using FeatureStore.Model;

namespace FeatureStore.History;

/// <summary>A training set that was made.</summary>
/// <param name="Events">How many events it has.</param>
/// <param name="Features">Its features, in the order of their columns.</param>
/// <param name="Bytes">The size of its file.</param>
/// <param name="Sha256">The SHA-256 of its file, in lower-case hexadecimal.</param>
public sealed record TrainingSetResult(long Events, IReadOnlyList<TrainingSetColumn> Features, long Bytes, string Sha256);

/// <summary>The column of a feature in a training set.</summary>
/// <param name="Feature">The feature.</param>
/// <param name="Column">The column's name.</param>
/// <param name="Matched">For how many events it has a value.</param>
public sealed record TrainingSetColumn(FeatureReference Feature, string Column, long Matched);
