using FeatureStore.History;

namespace FeatureStore.FeatureHistory;

/// <summary>Where history is kept and how, from section <c>History</c>.</summary>
public sealed record HistoryOptions
{
    /// <summary>The folder of its files. One process at a time writes there.</summary>
    public string Path { get; init; } = "history";

    /// <summary>How often it is looked whether small files are to become larger ones.</summary>
    public TimeSpan UpkeepInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How many files of one view and day are left as they are.</summary>
    public int SmallFiles { get; init; } = 8;

    /// <summary>Beyond this size a file is not made larger.</summary>
    public long LargestFileBytes { get; init; } = 512 * 1024 * 1024;

    /// <summary>The most memory that DuckDB takes, beyond which it goes to disk, such as <c>1GiB</c>.</summary>
    public string MemoryLimit { get; init; } = "1GiB";

    internal static HistoryOptions Read(IConfiguration configuration)
    {
        var options = configuration.GetSection("History").Get<HistoryOptions>() ?? new HistoryOptions();
        return options.Path.Length > 0 && options.UpkeepInterval > TimeSpan.Zero && options.SmallFiles > 1 && options.LargestFileBytes > 0
            ? options
            : throw new InvalidOperationException("History: Path must be given, UpkeepInterval and LargestFileBytes positive, and SmallFiles 2 at least.");
    }
}
