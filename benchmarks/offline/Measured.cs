using System.Diagnostics;
using System.Globalization;

namespace FeatureStore.OfflineBenchmarks;

/// <summary>What was taken.</summary>
/// <param name="Seconds">Time that went by.</param>
/// <param name="ProcessorSeconds">Processor time of all threads of this process: other work on the machine shows less in it.</param>
internal sealed record Measured(double Seconds, double ProcessorSeconds)
{
    /// <summary>Prints both, and the most memory that this process ever had, in KiB.</summary>
    public void Print()
    {
        var peak = File.ReadLines("/proc/self/status").Single(line => line.StartsWith("VmHWM:", StringComparison.Ordinal));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{Seconds:F3} {ProcessorSeconds:F3} {peak["VmHWM:".Length..].Replace("kB", "", StringComparison.Ordinal).Trim()}"));
    }

    public static Clock Start() => new(Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);

    internal readonly record struct Clock(long Started, TimeSpan Before)
    {
        public Measured End() => new(Stopwatch.GetElapsedTime(Started).TotalSeconds, (Environment.CpuUsage.TotalTime - Before).TotalSeconds);
    }
}
