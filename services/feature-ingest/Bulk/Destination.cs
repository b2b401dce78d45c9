namespace FeatureStore.FeatureIngest.Bulk;

/// <summary>Where the rows of a bulk request go.</summary>
internal enum Destination
{
    /// <summary>To history and the online store, as every other row.</summary>
    OnlineAndHistory,

    /// <summary>To the online store alone.</summary>
    Online,

    /// <summary>Back to the online store, from history.</summary>
    OnlineFromHistory,

    /// <summary>To history alone: rows for training sets that are not to be served.</summary>
    History,
}
