namespace FeatureStore.Model;

/// <summary>One of the keys by which an entity is known: <c>tailnum: string</c>.</summary>
/// <param name="Name">The column in which events and training sets carry it.</param>
/// <param name="Type"><see cref="ScalarType.String"/>, <see cref="ScalarType.Int32"/> or <see cref="ScalarType.Int64"/>.</param>
public sealed record JoinKey(string Name, ScalarType Type);
