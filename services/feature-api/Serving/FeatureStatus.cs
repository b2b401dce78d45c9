namespace FeatureStore.FeatureApi.Serving;

/// <summary>Whether a feature has a value to serve, in the words that the field uses on the wire.</summary>
internal enum FeatureStatus : byte
{
    Present,
    NullValue,
    NotFound,
    OutsideMaxAge,
}

/// <summary>The statuses as they are written.</summary>
internal static class FeatureStatusText
{
    public static ReadOnlySpan<byte> Utf8(this FeatureStatus status) => status switch
    {
        FeatureStatus.Present => "PRESENT"u8,
        FeatureStatus.NullValue => "NULL_VALUE"u8,
        FeatureStatus.OutsideMaxAge => "OUTSIDE_MAX_AGE"u8,
        _ => "NOT_FOUND"u8,
    };
}
