using FeatureStore.Faults.Schedule;
using FeatureStore.Harness;

namespace FeatureStore.Faults;

/// <summary>On what the store runs.</summary>
internal enum Backend
{
    /// <summary>Redis and Redis Streams, every write on disk before it is answered.</summary>
    Redis,

    /// <summary>The embedded default, on a file system that can be full.</summary>
    Sqlite,
}

/// <summary>How one run is set up.</summary>
internal sealed record FaultOptions
{
    public required Backend Backend { get; init; }

    /// <summary>What the rows and the faults follow from.</summary>
    public required int Seed { get; init; }

    /// <summary>How long rows are written and faults injected.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>The mean time from one fault to the next.</summary>
    public TimeSpan Gap { get; init; } = TimeSpan.FromSeconds(1.5);

    /// <summary>The faults, where they do not follow from the seed.</summary>
    public IReadOnlyList<ScheduledFault>? Schedule { get; init; }

    /// <summary>Whether the first finding ends the run.</summary>
    public bool EndsAtFinding { get; init; }

    /// <summary>Whether rows are served from memory, by three replicas of feature-api.</summary>
    public bool Push { get; init; }

    /// <summary>How many replicas of feature-api there are.</summary>
    public int Apis => Push ? 3 : 1;

    /// <summary>How many services there are: two feature-ingest, feature-api, and feature-history as the last.</summary>
    public int Services => 2 + Apis + 1;

    /// <summary>How much older than the last acknowledged write a read may be: what a replica allows itself, and room for a busy machine.</summary>
    public TimeSpan Staleness => Push ? TimeSpan.FromSeconds(8) : TimeSpan.Zero;

    /// <summary>The program of feature-ingest.</summary>
    public string Ingest { get; init; } = Repository.ProgramOf("services/feature-ingest");

    /// <summary>The program of feature-api.</summary>
    public string Api { get; init; } = Repository.ProgramOf("services/feature-api");

    /// <summary>The program of feature-history.</summary>
    public string History { get; init; } = Repository.ProgramOf("services/feature-history");

    /// <summary>A program that takes daprd's flags, to be run in DevSidecar's place.</summary>
    public string? Sidecar { get; init; } = Environment.GetEnvironmentVariable("FAULTS_SIDECAR") is { Length: > 0 } program ? program : null;

    /// <summary>Receives a line for each fault.</summary>
    public Action<string> Log { get; init; } = _ => { };
}
