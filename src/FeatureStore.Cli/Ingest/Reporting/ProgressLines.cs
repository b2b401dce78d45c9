using System.Globalization;

namespace FeatureStore.Cli.Ingest;

/// <summary>Progress as plain lines, for logs.</summary>
internal static class ProgressLines
{
    private const int WaitingLinesPassedOver = 6;

    private static readonly TimeSpan Between = TimeSpan.FromSeconds(5);

    public static async Task ShowAsync(IngestCounts counts, CliConsole console, CancellationToken done)
    {
        // A wait is told when it begins and when it ends, not each time it is tried again.
        counts.WaitBegan += cause => console.Error.WriteLine(cause);
        counts.WaitEnded += () => console.Error.WriteLine("going on");
        var started = console.Time.GetTimestamp();
        for (var line = 1; ; line++)
        {
            await Task.Delay(Between, console.Time, done);
            var rate = counts.Settled / console.Time.GetElapsedTime(started).TotalSeconds;
            if (counts.Waiting is not { } waiting)
            {
                console.Error.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"{counts.Settled:N0} rows, {rate:N0} rows/s, {counts.Rejected:N0} rejected"));
            }
            else if (line % WaitingLinesPassedOver == 0)
            {
                console.Error.WriteLine(waiting);
            }
        }
    }
}
