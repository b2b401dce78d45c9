namespace FeatureStore.Model;

/// <summary>A feature's name and its value as the JSON text in which it came.</summary>
/// <param name="Name">The name, in UTF-8, without JSON escapes.</param>
/// <param name="Value">The value's exact JSON text; empty where a row deletes the feature.</param>
/// <param name="IsVector">Whether the text is that of <see cref="VectorText"/> and stands for a list of float32.</param>
public readonly record struct FeatureValue(ReadOnlyMemory<byte> Name, ReadOnlyMemory<byte> Value, bool IsVector = false);
