namespace FeatureStore.DevSidecar.Resources;

/// <summary>A retry policy of a Resiliency resource. <see cref="MaxRetries"/> −1 retries for ever.</summary>
internal sealed record RetryPolicy(bool Exponential, TimeSpan Duration, TimeSpan MaxInterval, int MaxRetries)
{
    private const double Multiplier = 1.5;
    private const double Jitter = 0.5;
    private static readonly TimeSpan InitialInterval = TimeSpan.FromMilliseconds(500);

    /// <summary>The wait before the given retry, the first being 0.</summary>
    public TimeSpan Delay(int retry, Random random)
    {
        if (!Exponential)
        {
            return Duration;
        }

        var milliseconds = Math.Min(
            InitialInterval.TotalMilliseconds * Math.Pow(Multiplier, Math.Min(retry, 64)),
            MaxInterval.TotalMilliseconds);
        return TimeSpan.FromMilliseconds(milliseconds * (1 + (Jitter * ((2 * random.NextDouble()) - 1))));
    }
}
