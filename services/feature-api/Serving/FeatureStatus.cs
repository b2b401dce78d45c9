namespace FeatureStore.FeatureApi.Serving;

/// <summary>Whether a feature has a value to serve, in the words that the field uses on the wire.</summary>
internal enum FeatureStatus
{
    Present,
    NullValue,
    NotFound,
    OutsideMaxAge,
}
