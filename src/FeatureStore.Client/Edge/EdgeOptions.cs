using Microsoft.Extensions.Options;

namespace FeatureStore.Client;

/// <summary>What an <see cref="EdgeCache"/> keeps at hand, and how old it may become.</summary>
public sealed record EdgeOptions
{
    /// <summary>
    /// Which features of each entity are kept, those of a model's service as a rule. What is known of each is always asked for,
    /// whatever <see cref="ReadOptions.Metadata"/> says: without it nobody could tell when a value expires.
    /// </summary>
    public ReadOptions Read { get; init; } = new();

    /// <summary>
    /// The most entities that are kept: 1,000; from 1 to 100,000. Each has a stream, which takes a connection of its own. When one
    /// too many is asked for, the one that was asked for least recently is let go.
    /// </summary>
    public int MaxEntities { get; init; } = 1000;

    /// <summary>
    /// The staleness beyond which a call fails rather than be answered from what is kept; from 10 ms to 365 days. Null, the
    /// default, serves what is known however old it is.
    /// </summary>
    /// <remarks>
    /// While all is well the staleness grows until the next event of the stream, which comes every 5 s unless the service is set
    /// otherwise: a limit below that refuses calls for no reason.
    /// </remarks>
    public TimeSpan? MaxStaleness { get; init; }

    /// <summary>
    /// For how long a connection may bring no event before it counts as broken and a new one is made: 15 s; from 10 ms to 24 h.
    /// Well above the 5 s at which the service sends one when there is nothing else to say.
    /// </summary>
    public TimeSpan SilenceLimit { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// How long a call waits for the first features of an entity, with as many tries as it takes: 10 s; from 10 ms to 24 h. After
    /// that the call fails, and the tries go on.
    /// </summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Throws if settings lie outside their ranges, and lists all that do.</summary>
    internal void Require()
    {
        var faults = new List<string>();
        if (Read is null)
        {
            faults.Add("Read must say which features are kept; to keep all, leave it as it is.");
        }

        OptionsCheck.Between(MaxEntities, 1, 100_000, nameof(MaxEntities), faults);
        OptionsCheck.Between(MaxStaleness ?? OptionsCheck.Shortest, OptionsCheck.Shortest, TimeSpan.FromDays(365), nameof(MaxStaleness), faults);
        OptionsCheck.Between(SilenceLimit, OptionsCheck.Shortest, OptionsCheck.Longest, nameof(SilenceLimit), faults);
        OptionsCheck.Between(ConnectTimeout, OptionsCheck.Shortest, OptionsCheck.Longest, nameof(ConnectTimeout), faults);
        if (faults.Count > 0)
        {
            throw new OptionsValidationException(Options.DefaultName, typeof(EdgeOptions), faults);
        }
    }
}
