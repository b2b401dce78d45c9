using System.Diagnostics;

namespace FeatureStore.LoadBaselines;

/// <summary>Begins something at an even rate, whatever becomes of what was begun before.</summary>
internal static class EvenRate
{
    private const int MostKept = 1000;

    /// <summary>Goes on for a while, and until all that was begun has ended.</summary>
    /// <param name="perSecond">How often a second.</param>
    /// <param name="duration">For how long.</param>
    /// <param name="begin">Begins it once; should not do much before it first waits.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>How many were done a second.</returns>
    public static async Task<double> RunAsync(double perSecond, TimeSpan duration, Func<Task> begin, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var underWay = new List<Task>();
        var count = 0L;
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(Math.Max(0.001, 1 / perSecond)));
        while (Stopwatch.GetElapsedTime(started) < duration && await timer.WaitForNextTickAsync(cancellationToken))
        {
            // What late ticks have missed is made up for, so that the rate holds.
            for (var due = (long)(Stopwatch.GetElapsedTime(started).TotalSeconds * perSecond); count < due; count++)
            {
                underWay.Add(begin());
            }

            if (underWay.Count > MostKept)
            {
                await Task.WhenAll(underWay.FindAll(task => task.IsCompleted));
                underWay.RemoveAll(task => task.IsCompleted);
            }
        }

        await Task.WhenAll(underWay);
        return count / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }
}
