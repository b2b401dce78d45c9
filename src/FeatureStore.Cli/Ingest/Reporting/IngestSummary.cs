using System.Globalization;

namespace FeatureStore.Cli.Ingest;

/// <summary>What an ingest came to: faults on the error stream, counts on the output.</summary>
internal sealed class IngestSummary(IngestCounts counts, IReadOnlyList<InputFile> files, RowLocation? settledThrough, TimeSpan elapsed)
{
    /// <summary>Writes it.</summary>
    /// <returns>The exit code.</returns>
    public int Write(CliConsole console, IReadOnlyList<Exception> faults)
    {
        var usage = faults.Any(fault => fault is UsageException);
        var nothingSent = usage && counts.Read == counts.Rejected;
        if (!nothingSent)
        {
            WriteRowFaults(console.Error);
        }

        foreach (var fault in faults.Where(fault => fault is not OperationCanceledException))
        {
            console.Error.WriteLine(TerminalText.Visible(fault.Message));
        }

        if (nothingSent)
        {
            return ExitCode.Usage;
        }

        var stopped = faults.Any(fault => fault is OperationCanceledException);
        var unsettled = counts.Read - counts.Settled;
        if (stopped || unsettled > 0)
        {
            console.Error.WriteLine(Shown(
                $"{(stopped ? "Stopped" : "Ended early")}: {(settledThrough is { } at ? $"everything up to {at} is in" : "nothing is known to be in")}"
                + $"{(unsettled > 0 ? $"; {Rows(unsettled)} after it read and perhaps not stored" : "")}."));
        }

        var of = files.Count == 1 ? Shown(files[0].Name) : $"{files.Count} files";
        var rate = elapsed > TimeSpan.Zero ? counts.Settled / elapsed.TotalSeconds : 0;
        console.Out.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{Rows(counts.Read)} read from {of} in {elapsed.TotalSeconds:N1} s ({rate:N0} rows/s)"));
        var width = Number(Math.Max(counts.Read, 1)).Length;
        foreach (var (name, count) in new[]
        {
            ("applied", counts.Applied), ("superseded", counts.Superseded), ("rejected", counts.Rejected), ("failed", counts.Failed),
        })
        {
            console.Out.WriteLine($"  {name,-10}  {Number(count).PadLeft(width)}");
        }

        if (counts.NotNumbers > 0)
        {
            console.Error.WriteLine($"Note: {Number(counts.NotNumbers)} {(counts.NotNumbers == 1 ? "value" : "values")} not a number (NaN) went in as null.");
        }

        return usage ? ExitCode.Usage
            : faults.Count > 0 || counts.Rejected + counts.Failed + unsettled > 0 ? ExitCode.Failure
            : ExitCode.Success;
    }

    private void WriteRowFaults(TextWriter error)
    {
        var shown = counts.Rejections;
        foreach (var (at, reason) in shown)
        {
            error.WriteLine(Shown($"{at}: {reason}"));
        }

        if (counts.Rejected > shown.Count)
        {
            error.WriteLine($"… and {Number(counts.Rejected - shown.Count)} more rejected");
        }

        foreach (var (from, to) in counts.Failures)
        {
            error.WriteLine(Shown($"{from}{(to == from ? "" : $" to line {to.Line}")}: failed"));
        }
    }

    private static string Rows(long count) => count == 1 ? "1 row" : $"{Number(count)} rows";

    private static string Number(long count) => count.ToString("N0", CultureInfo.InvariantCulture);

    private static string Shown(string text) => TerminalText.VisibleLine(text);
}
