namespace FeatureStore.Dapr;

/// <summary>How a bulk save ended. It names no item, and is not atomic: after anything but success each may be saved or not.</summary>
public enum SaveResult
{
    /// <summary>All items were saved.</summary>
    Saved,

    /// <summary>The store reports a version mismatch. Some stores report outages so, too.</summary>
    Conflict,

    /// <summary>The items together are more than the sidecar takes in one message. Nothing was saved.</summary>
    TooLarge,

    /// <summary>The store takes an item for malformed, which can only be the version that it gave itself. Others may be saved.</summary>
    Refused,

    /// <summary>The call failed in another way, or its answer was lost.</summary>
    Unclear,
}
