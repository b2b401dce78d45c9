namespace FeatureStore.FeatureApi.Resident;

/// <summary>What is kept in memory of push views, from section <c>Resident</c>.</summary>
public sealed record ResidentOptions
{
    /// <summary>The most bytes that resident rows take, with their keys and index.</summary>
    public long BudgetBytes { get; init; } = 256 * 1024 * 1024;

    /// <summary>How much older than the last acknowledged write an answer from memory may be. Beyond it the online store is asked.</summary>
    public TimeSpan MaxStaleness { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How often a replica makes sure that changes still reach it. Well below <see cref="MaxStaleness"/>.</summary>
    public TimeSpan ProbeInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long what is missing of a writer's events may stay missing before rows are read anew: what is lost, less the time to notice it.</summary>
    internal TimeSpan Patience => MaxStaleness - (2 * ProbeInterval);

    /// <summary>How long after a view was declared a push view its rows are held: by then every writer knows, which looks each 1.5 s at the least.</summary>
    internal TimeSpan Settling => MaxStaleness > LeastSettling ? MaxStaleness : LeastSettling;

    private static readonly TimeSpan LeastSettling = TimeSpan.FromSeconds(5);

    internal static ResidentOptions Read(IConfiguration configuration)
    {
        var options = configuration.GetSection("Resident").Get<ResidentOptions>() ?? new ResidentOptions();
        return options.BudgetBytes >= RowMemory.LeastBytes && options.ProbeInterval > TimeSpan.Zero && options.Patience > TimeSpan.Zero
            ? options
            : throw new InvalidOperationException(
                $"Resident: BudgetBytes must be {RowMemory.LeastBytes} at least, and MaxStaleness more than twice ProbeInterval.");
    }
}
