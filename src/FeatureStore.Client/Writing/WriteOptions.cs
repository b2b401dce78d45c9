namespace FeatureStore.Client;

/// <summary>Where a row is written, and when it was true.</summary>
public sealed record WriteOptions
{
    /// <summary>The view; where none is named, that of the type's <see cref="FeatureViewAttribute"/>, else <c>default</c>.</summary>
    public string? View { get; init; }

    /// <summary>
    /// When the fact was true, to the microsecond. Where it is not given, now: see <see cref="FeatureStoreOptions.StampWrites"/>.
    /// A write with an event timestamp is the same row however often it is sent, so it is safe to repeat.
    /// </summary>
    public DateTimeOffset? EventTimestamp { get; init; }

    /// <summary>When the row was produced; where it is not given, now. Of rows of one event timestamp the later produced wins.</summary>
    public DateTimeOffset? CreatedTimestamp { get; init; }

    /// <summary>
    /// For how long after the event timestamp the values are served, to the millisecond; where it is not given, as the view
    /// says, or for ever. It can only shorten what the view says.
    /// </summary>
    public TimeSpan? Ttl { get; init; }
}
