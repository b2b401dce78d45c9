namespace FeatureStore.Cli.Ingest;

/// <summary>How long to pause before the next try, and when to give up: patience counts from the last progress.</summary>
internal sealed class RetryPauses(TimeSpan patience, TimeProvider time)
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    private TimeSpan _next = First;
    private long? _since;

    /// <summary>Something went in: start over.</summary>
    public void Progress() => (_next, _since) = (First, null);

    /// <summary>Pauses.</summary>
    /// <param name="retryAfter">What the service asks for, if it does.</param>
    /// <param name="cancellation">Ends the pause.</param>
    /// <returns>Whether to try again.</returns>
    public async Task<bool> PauseAsync(TimeSpan? retryAfter, CancellationToken cancellation)
    {
        _since ??= time.GetTimestamp();
        var left = patience - time.GetElapsedTime(_since.Value);
        if (left <= TimeSpan.Zero)
        {
            return false;
        }

        // A quarter of it at random, so that requests in flight do not all come back at once.
        var pause = _next * (0.75 + (Random.Shared.NextDouble() * 0.25));
        pause = retryAfter > pause ? retryAfter.Value : pause;
        _next = _next * 2 < Longest ? _next * 2 : Longest;
        await Task.Delay(pause < left ? pause : left, time, cancellation);
        return true;
    }
}
