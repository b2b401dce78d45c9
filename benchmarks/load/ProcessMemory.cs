using System.Globalization;

namespace FeatureStore.LoadBaselines;

/// <summary>The memory of another process, as Linux counts it.</summary>
internal static class ProcessMemory
{
    /// <summary>Reads VmRSS and VmHWM, in KiB: what is resident now, and the most that ever was.</summary>
    public static (long Resident, long Peak) Read(int process)
    {
        var status = File.ReadAllLines($"/proc/{process.ToString(CultureInfo.InvariantCulture)}/status");
        return (Field("VmRSS:"), Field("VmHWM:"));

        long Field(string name) => long.Parse(
            status.Single(line => line.StartsWith(name, StringComparison.Ordinal))[name.Length..].Replace("kB", "", StringComparison.Ordinal),
            CultureInfo.InvariantCulture);
    }
}
