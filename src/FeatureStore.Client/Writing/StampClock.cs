namespace FeatureStore.Client;

/// <summary>Gives each row a time of its own, in the order in which they ask, so that a later row of this client wins over an earlier one.</summary>
internal sealed class StampClock(TimeProvider time)
{
    private long _last;

    /// <summary>Now, or a microsecond after the time that was given last.</summary>
    public DateTimeOffset Next()
    {
        while (true)
        {
            var last = Volatile.Read(ref _last);
            var now = time.GetUtcNow().UtcTicks;
            var next = Math.Max(now - (now % TimeSpan.TicksPerMicrosecond), last + TimeSpan.TicksPerMicrosecond);
            if (Interlocked.CompareExchange(ref _last, next, last) == last)
            {
                return new DateTimeOffset(next, TimeSpan.Zero);
            }
        }
    }
}
