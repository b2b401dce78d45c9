namespace FeatureStore.Client;

/// <summary>The request was refused for what it says: as it is, it will never be taken.</summary>
/// <remarks>Statuses 400 (malformed), 413 (too large), 415 and 422 (against the rules of a row, or of the declared view).</remarks>
public sealed class FeatureStoreInvalidException : FeatureStoreException
{
    internal FeatureStoreInvalidException(string service, Problem problem)
        : base(service, problem)
    {
    }

    internal FeatureStoreInvalidException(string message, IReadOnlyList<FeatureStoreFault> faults)
        : base(message) => Faults = faults;
}
