namespace FeatureStore.History;

/// <summary>A training set cannot be made of what was asked for.</summary>
/// <param name="faults">Everything that is wrong, for a person.</param>
public sealed class TrainingSetException(IReadOnlyList<string> faults) : Exception(string.Join(Environment.NewLine, faults))
{
    /// <summary>Everything that is wrong, for a person.</summary>
    public IReadOnlyList<string> Faults { get; } = faults;
}
