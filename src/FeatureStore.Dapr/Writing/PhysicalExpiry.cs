using FeatureStore.Model;

namespace FeatureStore.Dapr;

/// <summary>When the store forgets a document, and how writers keep clear of that moment.</summary>
/// <remarks>
/// On Redis an ETag is a counter that begins again at 1 when a key is gone, and any ETag passes on an absent key. A save
/// that crosses the expiry could therefore go over a row that its writer never saw, so nobody saves over a row that is
/// about to go: its writers wait until it is gone, then create it.
/// </remarks>
internal static class PhysicalExpiry
{
    /// <summary>A document still there this long after its end has no expiry in the store, and can be saved over.</summary>
    private static readonly TimeSpan Overdue = TimeSpan.FromSeconds(10);

    /// <summary>The longest time to live that every store takes, in seconds; beyond it a document simply stays.</summary>
    private const long MostTtlSeconds = int.MaxValue;

    /// <summary>When a document whose content ends at an instant is to be forgotten.</summary>
    /// <returns>That instant, to be noted in the document, and the time until then; Never and null for one that stays.</returns>
    public static (Timestamp KeptUntil, long? TtlSeconds) Of(Timestamp end, Timestamp now)
    {
        if (end == Timestamp.Never)
        {
            return (Timestamp.Never, null);
        }

        // A second more than the rounding needs, so that nothing is forgotten early where clocks differ a little.
        var seconds = Math.Max(1, (end.Microseconds - now.Microseconds + 999_999) / 1_000_000) + 1;
        return seconds > MostTtlSeconds ? (Timestamp.Never, null) : (now.Plus(seconds * 1_000_000), seconds);
    }

    /// <summary>How long to wait until a document is gone, if it is about to go; null to save over it.</summary>
    /// <param name="keptUntil">The end that the store was told.</param>
    /// <param name="now">The clock.</param>
    /// <param name="guard">How long before its end nobody saves over a document: more than a save may take.</param>
    public static TimeSpan? UntilGone(Timestamp keptUntil, Timestamp now, TimeSpan guard)
    {
        if (keptUntil == Timestamp.Never)
        {
            return null;
        }

        var left = TimeSpan.FromMicroseconds(keptUntil.Microseconds - now.Microseconds);
        return left > guard || left < -Overdue
            ? null
            : left < TimeSpan.Zero ? TimeSpan.FromMilliseconds(250) : left + TimeSpan.FromMilliseconds(100);
    }
}
