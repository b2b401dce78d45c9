using FeatureStore.Model;
using Microsoft.Extensions.Configuration;

namespace FeatureStore.Hosting;

/// <summary>Reads how long stamps and floors are kept from section <c>Lateness</c>.</summary>
internal static class LatenessSettings
{
    /// <summary>As long as a ttl may be.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(RowReader.MaxTtlSeconds);

    public static Lateness Read(IConfiguration configuration)
    {
        var lateness = configuration.GetSection("Lateness").Get<Lateness>() ?? new Lateness();
        return lateness.StampMinimum > TimeSpan.Zero && lateness.StampMinimum <= lateness.StampMaximum && lateness.Floor > TimeSpan.Zero
            && lateness.Floor <= Longest && lateness.StampMaximum <= Longest
            ? lateness
            : throw new InvalidOperationException("Lateness: StampMinimum, StampMaximum and Floor must be positive and at most 100 years, and StampMinimum not above StampMaximum.");
    }
}
