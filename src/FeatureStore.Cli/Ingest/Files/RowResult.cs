namespace FeatureStore.Cli.Ingest;

/// <summary>What one row of a file came to: a row on the wire, or the reason why there is none.</summary>
/// <param name="Line">The line of the file on which the row begins.</param>
/// <param name="Json">The row on the wire, on one line; valid until the next row is read.</param>
/// <param name="IsStamped">Whether it carries an event time, so that its order among other rows does not matter.</param>
/// <param name="Rejection">Why it cannot be sent; null when it can.</param>
internal readonly record struct RowResult(long Line, ReadOnlyMemory<byte> Json, bool IsStamped, string? Rejection)
{
    public static RowResult Rejected(long line, string reason) => new(line, default, false, reason);
}
