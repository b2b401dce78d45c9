namespace FeatureStore.FeatureIngest.DeadLetters;

/// <summary>Which numbers dead letters may have.</summary>
/// <param name="First">No letter has a smaller number.</param>
/// <param name="Next">The number that the next letter gets.</param>
/// <param name="AllocatedAt">When a number was given last, RFC 3339.</param>
internal sealed record DeadLetterIndex(long First, long Next, string AllocatedAt)
{
    public static DeadLetterIndex Empty { get; } = new(1, 1, "");
}
