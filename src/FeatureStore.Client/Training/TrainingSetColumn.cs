namespace FeatureStore.Client;

/// <summary>The column of a feature in a training set.</summary>
/// <param name="Feature">The feature by its view, such as <c>airport_weather:temp</c>.</param>
/// <param name="Column">The column's name: the feature's, with its view's before it where that alone would not tell.</param>
/// <param name="Matched">For how many events it has a value.</param>
public sealed record TrainingSetColumn(string Feature, string Column, long Matched);
