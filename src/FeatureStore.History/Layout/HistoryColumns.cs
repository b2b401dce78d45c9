namespace FeatureStore.History;

/// <summary>
/// The columns that every file of history has beside those of its features, which have the features' names and types. No declared
/// feature begins with an underscore.
/// </summary>
public static class HistoryColumns
{
    /// <summary>VARCHAR: the entity's key values as in the state key, percent-encoded and joined by <c>/</c>: <c>EWR</c>, <c>EWR/1545</c>.</summary>
    public const string EntityId = "_entity_id";

    /// <summary>VARCHAR: <c>merge</c>, <c>replace</c> or <c>delete</c>.</summary>
    public const string Operation = "_op";

    /// <summary>TIMESTAMP WITH TIME ZONE, in microseconds: when the fact was true.</summary>
    public const string EventTimestamp = "_event_timestamp";

    /// <summary>TIMESTAMP WITH TIME ZONE, in microseconds: when the row was produced.</summary>
    public const string CreatedTimestamp = "_created_timestamp";

    /// <summary>TIMESTAMP WITH TIME ZONE, in microseconds: when the store accepted the row.</summary>
    public const string AcceptedTimestamp = "_accepted_timestamp";

    /// <summary>BIGINT: how long after the event timestamp the values are served, in microseconds; null for ever.</summary>
    public const string Ttl = "_ttl_us";

    /// <summary>VARCHAR: the id of the CloudEvent that the row came in, if it came in one.</summary>
    public const string EventId = "_event_id";

    /// <summary>
    /// VARCHAR: the names of the features in the row as a JSON array, in the order of their UTF-8 bytes; of a delete those that it
    /// deletes, <c>[]</c> where it deletes the whole row. A feature that is named here and has no value in its column is null, or has
    /// its value in <see cref="Text"/>.
    /// </summary>
    public const string Present = "_present";

    /// <summary>
    /// VARCHAR: a JSON object of the values that the columns do not say exactly: of features that were not declared when the row came,
    /// and numbers whose text is another than DuckDB gives them. Null where there are none.
    /// </summary>
    public const string Text = "_text";

    /// <summary>UBIGINT: a hash of entity, operation, stamps, ttl and features. Rows alike in it and in entity and stamps are one row.</summary>
    public const string Hash = "_hash";
}
