namespace FeatureStore.FeatureIngest.DeadLetters;

/// <summary>Some dead letters, by number.</summary>
/// <param name="DeadLetters">The letters, of large events only the beginning.</param>
/// <param name="After">Where the next page begins: <c>?after=</c>; null after the last.</param>
internal sealed record DeadLetterPage(IReadOnlyList<DeadLetter> DeadLetters, long? After);

/// <summary>What became of the rows of a dead letter that was retried.</summary>
internal sealed record DeadLetterRetried(long Number, int Applied, int Superseded);
