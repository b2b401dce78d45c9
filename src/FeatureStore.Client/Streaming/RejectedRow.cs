namespace FeatureStore.Client;

/// <summary>A row that the store will never take as it is.</summary>
/// <param name="Index">Which row of the stream it is, counted from 0.</param>
/// <param name="Row">The row.</param>
/// <param name="Faults">What is wrong with it.</param>
public sealed record RejectedRow(long Index, FeatureRow Row, IReadOnlyList<FeatureStoreFault> Faults)
{
    /// <summary>The row's place and faults, for a person.</summary>
    public override string ToString() => $"row {Index} ({Row.Id}): {string.Join(' ', Faults.Select(fault => fault with { Index = null }))}";
}
