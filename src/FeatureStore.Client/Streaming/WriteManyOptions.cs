using Microsoft.Extensions.Options;

namespace FeatureStore.Client;

/// <summary>How a stream of rows is sent.</summary>
public sealed record WriteManyOptions
{
    /// <summary>The most rows of one request: 1,000; from 1 to 100,000.</summary>
    public int BatchRows { get; init; } = 1000;

    /// <summary>
    /// The most bytes of one request, unless a single row has more: 2 MiB; from 1 KiB to 64 MiB. A Dapr sidecar takes 4 MiB
    /// unless told otherwise.
    /// </summary>
    public int BatchBytes { get; init; } = 2 << 20;

    /// <summary>How long a row may wait for others of its request while the stream is slow: 200 ms; from 1 ms to 1 h.</summary>
    public TimeSpan MaxWait { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// The most requests that are under way at once: 4; from 1 to 100. The stream is read no faster than they are answered, and no
    /// more rows than theirs and one batch are held.
    /// </summary>
    public int MaxConcurrentBatches { get; init; } = 4;

    /// <summary>How long one try of a batch may take before its answer counts as lost: 1 min; from 10 ms to 24 h.</summary>
    public TimeSpan AttemptTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How often a batch is tried again before the stream is given up: 8 times, about half a minute; from 0 to 1,000.</summary>
    /// <remarks>Only the rows of it that failed are sent again. The pauses are those of <see cref="FeatureStoreOptions"/>.</remarks>
    public int MaxRetries { get; init; } = 8;

    /// <summary>How many rejected rows <see cref="WriteManyResult.Rejections"/> names: the first 100 to be answered; from 0 to 1,000,000. The rest are counted.</summary>
    public int MaxRejections { get; init; } = 100;

    /// <summary>
    /// Called for every row that the store rejects, with all that is wrong with it: one call at a time, in no particular order. An
    /// exception of it ends the stream.
    /// </summary>
    public Action<RejectedRow>? OnRejected { get; init; }

    /// <summary>Throws if settings lie outside their ranges, and lists all that do.</summary>
    internal void Require()
    {
        var faults = new List<string>();
        OptionsCheck.Between(BatchRows, 1, 100_000, nameof(BatchRows), faults);
        OptionsCheck.Between(BatchBytes, 1 << 10, 64 << 20, nameof(BatchBytes), faults);
        OptionsCheck.Between(MaxWait, TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(1), nameof(MaxWait), faults);
        OptionsCheck.Between(MaxConcurrentBatches, 1, 100, nameof(MaxConcurrentBatches), faults);
        OptionsCheck.Between(AttemptTimeout, OptionsCheck.Shortest, OptionsCheck.Longest, nameof(AttemptTimeout), faults);
        OptionsCheck.Between(MaxRetries, 0, 1000, nameof(MaxRetries), faults);
        OptionsCheck.Between(MaxRejections, 0, 1_000_000, nameof(MaxRejections), faults);
        if (faults.Count > 0)
        {
            throw new OptionsValidationException(Options.DefaultName, typeof(WriteManyOptions), faults);
        }
    }
}
