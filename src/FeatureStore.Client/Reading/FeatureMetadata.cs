namespace FeatureStore.Client;

/// <summary>What is known of one feature of an entity.</summary>
public sealed record FeatureMetadata
{
    /// <summary>The view that it comes from.</summary>
    public required string View { get; init; }

    /// <summary>Whether it has a value.</summary>
    public required FeatureStatus Status { get; init; }

    /// <summary>When the value was true, in UTC, to the microsecond; null where nothing is known.</summary>
    public DateTimeOffset? EventTimestamp { get; init; }

    /// <summary>When the value was produced; null where nothing is known.</summary>
    public DateTimeOffset? CreatedTimestamp { get; init; }

    /// <summary>Until when the value is served; null for ever.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>How long before the read the value was true; null where nothing is known.</summary>
    public TimeSpan? Age { get; init; }

    /// <summary>Whether the value is older than its view expects; null where the view expects nothing.</summary>
    public bool? IsStale { get; init; }
}
