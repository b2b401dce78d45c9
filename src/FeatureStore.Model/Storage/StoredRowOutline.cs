namespace FeatureStore.Model;

/// <summary>What is to be known of a stored row to serve its features by copying them.</summary>
/// <param name="FeaturesStart">Where in the document the features begin: one JSON object.</param>
/// <param name="FeaturesLength">How long they are.</param>
/// <param name="CopyableUntil">Until when all of them live and can be copied as they stand; in the past where they are stored in another form.</param>
/// <param name="EventTimestamp">The event timestamp that most of them share.</param>
/// <param name="KeptUntil">When the store forgets the row; <see cref="Timestamp.Never"/> for never.</param>
public readonly record struct StoredRowOutline(int FeaturesStart, int FeaturesLength, Timestamp CopyableUntil, Timestamp EventTimestamp, Timestamp KeptUntil);
