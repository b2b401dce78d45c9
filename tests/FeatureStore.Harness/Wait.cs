namespace FeatureStore.Harness;

/// <summary>Waits for what has to come about sooner or later.</summary>
public static class Wait
{
    /// <summary>Asks until a condition holds.</summary>
    /// <exception cref="TimeoutException">It does not hold for a minute; far above what it can take.</exception>
    public static async Task UntilAsync(Func<Task<bool>> condition, string what)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (!await condition())
        {
            if (limit.IsCancellationRequested)
            {
                throw new TimeoutException($"Not within a minute: {what}.");
            }

            await Task.Delay(50);
        }
    }
}
