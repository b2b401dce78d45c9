namespace FeatureStore.FeatureHistory.Training;

/// <summary>What making training sets may take, from section <c>Training</c>.</summary>
public sealed record TrainingOptions
{
    /// <summary>How many sets are made at once; others wait.</summary>
    public int Running { get; init; } = 1;

    /// <summary>How many sets may wait.</summary>
    public int Waiting { get; init; } = 32;

    /// <summary>How long a set that is done can be fetched.</summary>
    public TimeSpan KeptFor { get; init; } = TimeSpan.FromHours(6);

    /// <summary>The most memory of one set; what does not fit goes to disk. As DuckDB takes it, such as <c>1GiB</c>.</summary>
    public string MemoryLimit { get; init; } = "1GiB";

    /// <summary>The most bytes of the events of one set.</summary>
    public long MaxEventBytes { get; init; } = 64L * 1024 * 1024 * 1024;

    internal static TrainingOptions Read(IConfiguration configuration)
    {
        var options = configuration.GetSection("Training").Get<TrainingOptions>() ?? new TrainingOptions();
        return options.Running > 0 && options.Waiting >= 0 && options.KeptFor > TimeSpan.Zero && options.MaxEventBytes > 0
            ? options
            : throw new InvalidOperationException("Training: Running, KeptFor and MaxEventBytes must be positive, and Waiting not negative.");
    }
}
