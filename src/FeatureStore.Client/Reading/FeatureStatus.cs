namespace FeatureStore.Client;

/// <summary>Whether a feature has a value.</summary>
public enum FeatureStatus
{
    /// <summary>A status that this version of the client does not know.</summary>
    Unknown,

    /// <summary>It has one.</summary>
    Present,

    /// <summary>Its value is null: somebody wrote that.</summary>
    NullValue,

    /// <summary>Nothing was ever written, or it was deleted.</summary>
    NotFound,

    /// <summary>The value has expired.</summary>
    OutsideMaxAge,
}
