namespace FeatureStore.Model;

/// <summary>What holds for a row where it says nothing itself, and the limits it is held to.</summary>
/// <param name="Latest">The latest event or created timestamp that is accepted: the clock and what producers may be ahead of it.</param>
/// <param name="View">The view that is meant where the row names none.</param>
/// <param name="EventTimestamp">The time of the CloudEvent that carries the row, if one does.</param>
/// <param name="EventId">The id of that CloudEvent.</param>
public readonly record struct RowContext(
    Timestamp Latest,
    string View = StateKey.DefaultView,
    Timestamp? EventTimestamp = null,
    string? EventId = null)
{
    /// <summary>Whether history is not told of the rows.</summary>
    public bool SkipsHistory { get; init; }

    /// <summary>Whether the rows come from history: their time to live is what it was when they came, whatever their view declares now.</summary>
    public bool IsFromHistory { get; init; }

    /// <summary>What is declared; with nothing declared every view is open.</summary>
    public Registry Registry { get; init; } = Registry.Empty;

    /// <summary>What is stored and declared no longer, by view: it can be deleted still.</summary>
    public IReadOnlyDictionary<string, RetiredView> Retired { get; init; } = AppliedRegistry.None.Retired;
}
