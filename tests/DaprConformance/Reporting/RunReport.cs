using System.Collections.Concurrent;

namespace FeatureStore.DaprConformance.Reporting;

/// <summary>What the whole run found, on the console and, where <c>CONFORMANCE_REPORT</c> names one, in a file.</summary>
public static class RunReport
{
    private static readonly ConcurrentQueue<FixtureReport> Reports = new();

    public static void Add(FixtureReport report)
    {
        Reports.Enqueue(report);
        Write(report.ToString());
    }

    /// <summary>Ends the run with the sum of all files.</summary>
    public static void Sum()
    {
        if (!Reports.IsEmpty)
        {
            Write(Reports.Select(r => r.Totals).Aggregate((one, other) => one + other).Line("all files"));
        }
    }

    private static void Write(string text)
    {
        lock (Reports)
        {
            Console.WriteLine(text);
            if (Environment.GetEnvironmentVariable("CONFORMANCE_REPORT") is { Length: > 0 } file)
            {
                File.AppendAllText(file, text + Environment.NewLine);
            }
        }
    }
}
