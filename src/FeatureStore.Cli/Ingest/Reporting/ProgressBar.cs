using System.Globalization;
using Spectre.Console;

namespace FeatureStore.Cli.Ingest;

/// <summary>Progress as a bar that stays in its place.</summary>
internal static class ProgressBar
{
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(100);

    public static Task ShowAsync(IngestCounts counts, long? totalBytes, CliConsole console, CancellationToken done)
    {
        var started = console.Time.GetTimestamp();
        ProgressColumn[] columns = totalBytes is null
            ? [new SpinnerColumn(), new TaskDescriptionColumn { Alignment = Justify.Left }]
            : [new ProgressBarColumn { Width = 30 }, new PercentageColumn(), new TaskDescriptionColumn { Alignment = Justify.Left }];
        return console.Notes().Progress().AutoClear(true).Columns(columns).StartAsync(async context =>
        {
            var bar = context.AddTask("reading", maxValue: Math.Max(1, totalBytes ?? 1));
            bar.IsIndeterminate = totalBytes is null;
            while (!done.IsCancellationRequested)
            {
                bar.Value = totalBytes is null ? 0 : counts.DoneBytes;
                bar.Description = Markup.Escape(Describe(counts, totalBytes, console.Time.GetElapsedTime(started)));
                await Task.Delay(Between, console.Time, done).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        });
    }

    private static string Describe(IngestCounts counts, long? totalBytes, TimeSpan elapsed) => counts.Waiting is { } waiting
        ? string.Create(CultureInfo.InvariantCulture, $"{counts.Settled:N0} rows – {waiting}")
        : IngestPace.Describe(counts, totalBytes, elapsed);
}
