namespace FeatureStore.Client;

/// <summary>What was read does not fit the type that was asked for.</summary>
public sealed class FeatureMappingException : FeatureStoreException
{
    internal FeatureMappingException(string message, IReadOnlyList<string> missing, Exception? innerException = null)
        : base(message, innerException) => Missing = missing;

    /// <summary>The features that have no value although the type cannot do without.</summary>
    public IReadOnlyList<string> Missing { get; }
}
