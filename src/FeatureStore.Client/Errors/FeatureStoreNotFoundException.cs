namespace FeatureStore.Client;

/// <summary>The request names an entity, view, service or feature that is not declared; the faults suggest what may be meant.</summary>
/// <remarks>An entity of which nothing is known is no error: reads return null for it.</remarks>
public sealed class FeatureStoreNotFoundException : FeatureStoreException
{
    internal FeatureStoreNotFoundException(string service, Problem problem)
        : base(service, problem)
    {
    }
}
