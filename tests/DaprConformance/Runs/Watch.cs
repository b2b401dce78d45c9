using System.Runtime.CompilerServices;

namespace FeatureStore.DaprConformance.Runs;

/// <summary>Waits for what was recorded to come about, and then a little for what was not.</summary>
public static class Watch
{
    /// <summary>Far above what anything here takes; what has not come by then does not come.</summary>
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(10);

    public static Task<bool> UntilAsync(
        Func<bool> condition, CancellationToken cancellationToken, [CallerArgumentExpression(nameof(condition))] string what = "") =>
        UntilAsync(() => Task.FromResult(condition()), cancellationToken, what);

    /// <summary>Whether it came about.</summary>
    public static async Task<bool> UntilAsync(
        Func<Task<bool>> condition, CancellationToken cancellationToken, [CallerArgumentExpression(nameof(condition))] string what = "")
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            if (TimeProvider.System.GetElapsedTime(started) > Bound)
            {
                Console.WriteLine($"Not within {Bound.TotalSeconds} s: {what}");
                return false;
            }

            await Task.Delay(Interval, cancellationToken);
        }

        return true;
    }
}
