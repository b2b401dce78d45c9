namespace FeatureStore.DevSidecar.Resources;

/// <summary>A retry policy of a Resiliency resource. <see cref="MaxRetries"/> −1 sets no bound to their number.</summary>
internal sealed record RetryPolicy(bool Exponential, TimeSpan Duration, TimeSpan MaxInterval, int MaxRetries)
{
    private const double Multiplier = 1.5;
    private const double Jitter = 0.5;
    private static readonly TimeSpan InitialInterval = TimeSpan.FromMilliseconds(500);

    /// <summary>daprd's, which no resource can change: an exponential policy ends then, whatever its retries.</summary>
    private static readonly TimeSpan LongestExponential = TimeSpan.FromMinutes(15);

    /// <summary>The wait before the given retry, the first being 0; null: there is no further one.</summary>
    /// <param name="retry">How many there were.</param>
    /// <param name="elapsed">The time since the first attempt.</param>
    /// <param name="random">The jitter of an exponential policy.</param>
    public TimeSpan? Delay(int retry, TimeSpan elapsed, Random random)
    {
        if (MaxRetries >= 0 && retry >= MaxRetries)
        {
            return null;
        }

        if (!Exponential)
        {
            return Duration;
        }

        var milliseconds = Math.Min(
            InitialInterval.TotalMilliseconds * Math.Pow(Multiplier, Math.Min(retry, 64)),
            MaxInterval.TotalMilliseconds);
        var delay = TimeSpan.FromMilliseconds(milliseconds * (1 + (Jitter * ((2 * random.NextDouble()) - 1))));
        return elapsed + delay > LongestExponential ? null : delay;
    }
}
