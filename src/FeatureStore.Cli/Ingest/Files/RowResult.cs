namespace FeatureStore.Cli.Ingest;

/// <summary>What one row of a file came to: a row on the wire, or the reason why there is none.</summary>
/// <param name="Line">The line of the file on which the row begins; where a file has no lines, the row's number.</param>
/// <param name="Json">The row on the wire, on one line; valid until the next row is read.</param>
/// <param name="IsStamped">Whether it carries an event time, so that its order among other rows does not matter.</param>
/// <param name="Rejection">Why it cannot be sent; null when it can.</param>
/// <param name="NotNumbers">How many of its values are not-a-number, and null in what is sent.</param>
/// <param name="IsOnTheWire">Whether it was a row on the wire already.</param>
internal readonly record struct RowResult(
    long Line, ReadOnlyMemory<byte> Json, bool IsStamped, string? Rejection, int NotNumbers = 0, bool IsOnTheWire = false)
{
    public static RowResult Rejected(long line, string reason) => new(line, default, false, reason);
}
