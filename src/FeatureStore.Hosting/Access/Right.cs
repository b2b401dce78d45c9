namespace FeatureStore.Hosting.Access;

/// <summary>What an address asks of who calls it, once tokens or keys are set.</summary>
public enum Right
{
    /// <summary>Nothing: health is for whoever watches the service, and a sidecar sends no token there.</summary>
    None,

    /// <summary>To read features.</summary>
    Read,

    /// <summary>To write features.</summary>
    Write,

    /// <summary>To be the service's own sidecar.</summary>
    Sidecar,
}
