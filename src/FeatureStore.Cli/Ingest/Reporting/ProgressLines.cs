namespace FeatureStore.Cli.Ingest;

/// <summary>Progress as plain lines, for logs.</summary>
internal static class ProgressLines
{
    private const int WaitingLinesPassedOver = 6;

    private static readonly TimeSpan Between = TimeSpan.FromSeconds(5);

    public static async Task ShowAsync(IngestCounts counts, long? totalBytes, CliConsole console, CancellationToken done)
    {
        // A wait is told when it begins and when it ends, not each time it is tried again.
        counts.WaitBegan += cause => console.Error.WriteLine(cause);
        counts.WaitEnded += () => console.Error.WriteLine("going on");
        var started = console.Time.GetTimestamp();
        for (var line = 1; ; line++)
        {
            await Task.Delay(Between, console.Time, done);
            if (counts.Waiting is not { } waiting)
            {
                console.Error.WriteLine(IngestPace.Describe(counts, totalBytes, console.Time.GetElapsedTime(started)));
            }
            else if (line % WaitingLinesPassedOver == 0)
            {
                console.Error.WriteLine(waiting);
            }
        }
    }
}
