namespace FeatureStore.Faults.Checking;

/// <summary>What is wrong.</summary>
internal enum FindingKind
{
    /// <summary>An acknowledged row, or one that was read before, is not there and nothing that was sent explains it.</summary>
    Lost,

    /// <summary>A value that nobody sent for this entity and feature.</summary>
    Invented,

    /// <summary>A read that began when the value had expired returned it.</summary>
    Expired,

    /// <summary>A value that an acknowledged delete or replace removed is back.</summary>
    Undeleted,

    /// <summary>Half of a row shows.</summary>
    Torn,

    /// <summary>A reply that the contract does not have.</summary>
    Unexpected,

    /// <summary>An acknowledged row is not in history, or one that was there is no longer.</summary>
    MissingInHistory,

    /// <summary>A row in history that nobody sent, or not where it belongs.</summary>
    InventedInHistory,

    /// <summary>A file of history that could be seen and not be read.</summary>
    TornInHistory,
}

/// <summary>One breach of what was promised, with what led to it.</summary>
internal sealed record Finding(FindingKind Kind, string Entity, string Detail, string History)
{
    public override string ToString() => $"{Kind.ToString().ToUpperInvariant()} {Entity}: {Detail}\n{History}";
}
