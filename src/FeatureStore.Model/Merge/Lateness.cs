namespace FeatureStore.Model;

/// <summary>
/// How long what must lose may arrive after what beats it: the stamp of an expired value, and the floor of a delete or
/// replace, are kept that long.
/// </summary>
public sealed record Lateness
{
    /// <summary>The least time for which the stamp of an expired value is kept, where the view declares none.</summary>
    public TimeSpan StampMinimum { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The most time for which the stamp of an expired value is kept, where the view declares none.</summary>
    public TimeSpan StampMaximum { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How long a floor, or the deletion of a feature, is kept.</summary>
    public TimeSpan Floor { get; init; } = TimeSpan.FromDays(7);

    /// <summary>The same with what a view declares, if it does.</summary>
    public Lateness Of(TimeSpan? declared) => declared is { } all ? this with { StampMinimum = all, StampMaximum = all, Floor = all } : this;

    internal long FloorMicroseconds => Microseconds(Floor);

    /// <summary>How long the stamp of a value that lived from one instant to another is kept: its ttl, within the limits.</summary>
    internal long StampMicroseconds(Timestamp eventTimestamp, Timestamp expiry) =>
        Math.Clamp(
            expiry == Timestamp.Never ? long.MaxValue : expiry.Microseconds - eventTimestamp.Microseconds,
            Microseconds(StampMinimum),
            Microseconds(StampMaximum));

    private static long Microseconds(TimeSpan time) => time.Ticks / TimeSpan.TicksPerMicrosecond;
}
