using System.Globalization;

namespace FeatureStore.Cli.Ingest;

/// <summary>How fast an ingest goes, and how long it has still to go.</summary>
internal static class IngestPace
{
    /// <summary>Rows, rows a second, rows rejected and, where the files' length is known, the time that is left.</summary>
    public static string Describe(IngestCounts counts, long? totalBytes, TimeSpan elapsed)
    {
        var rate = counts.Settled / Math.Max(0.001, elapsed.TotalSeconds);
        var left = Left(counts, totalBytes, elapsed) is { } remaining ? $", {Text(remaining)} left" : "";
        return string.Create(CultureInfo.InvariantCulture, $"{counts.Settled:N0} rows, {rate:N0} rows/s, {counts.Rejected:N0} rejected{left}");
    }

    /// <summary>From how long the part of the files took that this run has dealt with; null before there is one.</summary>
    private static TimeSpan? Left(IngestCounts counts, long? totalBytes, TimeSpan elapsed)
    {
        var done = counts.DoneBytes - counts.SkippedBytes;
        return totalBytes is { } total && done > 0 && total >= counts.DoneBytes
            ? elapsed * ((double)(total - counts.DoneBytes) / done)
            : null;
    }

    private static string Text(TimeSpan time) => time.TotalHours >= 1
        ? string.Create(CultureInfo.InvariantCulture, $"{(long)time.TotalHours} h {time.Minutes} min")
        : time.TotalMinutes >= 1 ? string.Create(CultureInfo.InvariantCulture, $"{time.Minutes} min {time.Seconds} s")
        : string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(time.TotalSeconds)} s");
}
