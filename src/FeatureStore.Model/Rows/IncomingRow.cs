namespace FeatureStore.Model;

/// <summary>A row as a producer sent it: checked, but its stamp is not yet fixed where the producer gave none.</summary>
public sealed class IncomingRow
{
    /// <summary>How far ahead of the clock an event timestamp may be by default.</summary>
    public static readonly TimeSpan DefaultMaxAhead = TimeSpan.FromMinutes(5);

    public required string View { get; init; }

    /// <summary>The entity's key values, in the declared order.</summary>
    public required IReadOnlyList<string> Keys { get; init; }

    /// <summary>The encoded key of the row in the state store.</summary>
    public required string StateKey { get; init; }

    public RowOperation Operation { get; init; }

    public Timestamp? EventTimestamp { get; init; }

    public Timestamp? CreatedTimestamp { get; init; }

    /// <summary>How long the values are served after the event timestamp, in microseconds; null for ever.</summary>
    public long? TtlMicroseconds { get; init; }

    /// <summary>How long the view keeps the stamps of expired values; null where it declares nothing of its own.</summary>
    public TimeSpan? Lateness { get; init; }

    /// <summary>The features by name, in UTF-8 order; for a delete the names to delete, none for the whole row.</summary>
    public required FeatureValue[] Features { get; init; }

    /// <summary>The id of the CloudEvent that the row came in, if it came in one.</summary>
    public string? EventId { get; init; }

    /// <summary>Whether history is not told of it.</summary>
    public bool SkipsHistory { get; init; }

    /// <summary>The bytes that the row takes on the wire, for limits and batches.</summary>
    public int SizeBytes { get; init; }

    /// <summary>Fixes the stamp: it travels with the row from here on, through every retry.</summary>
    /// <param name="now">The clock.</param>
    /// <param name="newest">The newest event timestamp that the stored row holds, if any.</param>
    /// <returns>
    /// The producer's event timestamp, or else the later of the clock and just after what is stored, so that a write
    /// without a stamp wins over what it saw.
    /// </returns>
    public Stamp FixStamp(Timestamp now, Timestamp? newest)
    {
        var afterStored = newest is { } stored ? Timestamp.Max(now, stored.Plus(1)) : now;
        return new Stamp(EventTimestamp ?? afterStored, CreatedTimestamp ?? now);
    }
}
