namespace FeatureStore.Model;

/// <summary>Where a view's rows are read from.</summary>
public enum ServingMode : byte
{
    /// <summary>From the online store, at each request.</summary>
    Pull,

    /// <summary>From the memory of the replica, into which changes are pushed.</summary>
    Push,
}
