namespace FeatureStore.Model;

/// <summary>A row as the store accepted it, its stamp fixed: what history keeps.</summary>
public sealed record AcceptedRow
{
    /// <summary>The key of the row in the state store, which says the view and the entity.</summary>
    public required string StateKey { get; init; }

    public required RowOperation Operation { get; init; }

    public required Stamp Stamp { get; init; }

    /// <summary>When the store accepted it, by the clock of the service that did.</summary>
    public required Timestamp AcceptedAt { get; init; }

    /// <summary>How long the values are served after the event timestamp, in microseconds; null for ever.</summary>
    public long? TtlMicroseconds { get; init; }

    /// <summary>The id of the CloudEvent that the row came in, if it came in one.</summary>
    public string? EventId { get; init; }

    /// <summary>The features in the order of their names' UTF-8 bytes; of a delete their names, none for the whole row.</summary>
    public required FeatureValue[] Features { get; init; }

    /// <summary>A row whose stamp was fixed.</summary>
    public static AcceptedRow Of(IncomingRow row, Stamp stamp, Timestamp acceptedAt) => new()
    {
        StateKey = row.StateKey,
        Operation = row.Operation,
        Stamp = stamp,
        AcceptedAt = acceptedAt,
        // A delete has none, whatever its view declares.
        TtlMicroseconds = row.Operation == RowOperation.Delete ? null : row.TtlMicroseconds,
        EventId = row.EventId,
        Features = row.Features,
    };
}
