namespace FeatureStore.Client;

/// <summary>What is deleted, and as of when.</summary>
public sealed record DeleteOptions
{
    /// <summary>The view; <c>default</c> where none is named.</summary>
    public string? View { get; init; }

    /// <summary>Only these features; the whole row where none is named.</summary>
    public IReadOnlyList<string> Features { get; init; } = [];

    /// <summary>As of when: what was true later stays. Where it is not given, now: see <see cref="FeatureStoreOptions.StampWrites"/>.</summary>
    public DateTimeOffset? EventTimestamp { get; init; }

    /// <summary>When the deletion was asked for; where it is not given, now.</summary>
    public DateTimeOffset? CreatedTimestamp { get; init; }
}
