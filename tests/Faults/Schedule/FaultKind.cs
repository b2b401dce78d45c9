namespace FeatureStore.Faults.Schedule;

/// <summary>What can befall the store.</summary>
internal enum FaultKind
{
    KillService,
    KillSidecar,
    KillRedis,
    PauseService,
    PauseSidecar,
    PauseRedis,
    Cut,
    Refuse,
    Delay,
    Stall,
    HalfReply,
    FullDisk,

    /// <summary>The broker takes no events, while the store takes rows.</summary>
    RefuseEvents,

    /// <summary>What writers tell a replica for a while is gone from the broker before it was read.</summary>
    LoseChanges,

    /// <summary>What writers told lately is told to every replica once more.</summary>
    RepeatChanges,
}

/// <summary>One fault of a schedule.</summary>
/// <param name="At">When it strikes, from the run's beginning.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Target">Which of the possible victims it meets.</param>
/// <param name="Duration">How long it lasts; for a kill, how long the process stays away.</param>
/// <param name="Amount">How many milliseconds of delay, or how many replies.</param>
internal readonly record struct ScheduledFault(TimeSpan At, FaultKind Kind, int Target, TimeSpan Duration, int Amount);
