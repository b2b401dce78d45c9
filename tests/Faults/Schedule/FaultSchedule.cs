namespace FeatureStore.Faults.Schedule;

/// <summary>Which faults strike when: a function of the seed alone.</summary>
internal static class FaultSchedule
{
    private static readonly (FaultKind Kind, int Weight)[] OnRedis =
    [
        (FaultKind.KillService, 24), (FaultKind.KillSidecar, 18), (FaultKind.KillRedis, 10),
        (FaultKind.PauseService, 7), (FaultKind.PauseSidecar, 7), (FaultKind.PauseRedis, 4),
        (FaultKind.Cut, 8), (FaultKind.Refuse, 5), (FaultKind.Delay, 6), (FaultKind.Stall, 5), (FaultKind.HalfReply, 6),
        (FaultKind.RefuseEvents, 6),
    ];

    private static readonly (FaultKind Kind, int Weight)[] OnSqlite =
    [
        (FaultKind.KillService, 24), (FaultKind.KillSidecar, 28), (FaultKind.PauseService, 6), (FaultKind.PauseSidecar, 8),
        (FaultKind.Cut, 6), (FaultKind.Delay, 4), (FaultKind.HalfReply, 6), (FaultKind.FullDisk, 18),
    ];

    private static readonly (FaultKind Kind, int Weight)[] OnChanges = [.. OnRedis, (FaultKind.LoseChanges, 10), (FaultKind.RepeatChanges, 6)];

    /// <summary>Within this time of what is lost a writer has said how far it had come.</summary>
    private static readonly TimeSpan WriterTells = TimeSpan.FromSeconds(4);

    /// <summary>What can befall the store in a run.</summary>
    public static IEnumerable<FaultKind> KindsIn(FaultOptions options) => WeightsIn(options).Select(weight => weight.Kind);

    public static IReadOnlyList<ScheduledFault> Generate(FaultOptions options)
    {
        var weights = WeightsIn(options);
        var random = new Random(options.Seed);
        var faults = new List<ScheduledFault>();
        // Every kind has its turn early, so that a short run meets all of them.
        var each = weights.Select(weight => weight.Kind).ToArray();
        random.Shuffle(each);
        var turns = new Queue<FaultKind>(each);
        // The first seconds are quiet, so that there is something to lose.
        for (var at = TimeSpan.FromSeconds(2); at < options.Duration; at += options.Gap * (0.3 + (1.4 * random.NextDouble())))
        {
            var kind = faults.Count % 2 == 1 && turns.TryDequeue(out var turn) ? turn : Pick(weights, random.Next(weights.Sum(weight => weight.Weight)));
            if (kind == FaultKind.KillService && faults.Exists(fault => fault.Kind == FaultKind.LoseChanges && at - fault.At < WriterTells))
            {
                // That the broker has lost the last that a writer told nobody can see who does not hear of that writer again: ADR 9.
                kind = FaultKind.PauseService;
            }

            var target = random.Next(int.MaxValue);
            if (kind == FaultKind.KillService)
            {
                // In turn, so that a short run has each of them killed; the last one first.
                target = options.Services - 1 + faults.Count(fault => fault.Kind == FaultKind.KillService);
            }

            faults.Add(new ScheduledFault(at, kind, target, Duration(kind, random.NextDouble()), Amount(kind, random)));
        }

        return faults;
    }

    private static (FaultKind Kind, int Weight)[] WeightsIn(FaultOptions options) =>
        options.Push ? OnChanges : options.Backend == Backend.Redis ? OnRedis : OnSqlite;

    private static FaultKind Pick((FaultKind Kind, int Weight)[] weights, int at)
    {
        foreach (var (kind, weight) in weights)
        {
            if ((at -= weight) < 0)
            {
                return kind;
            }
        }

        return weights[^1].Kind;
    }

    private static TimeSpan Duration(FaultKind kind, double part) => kind switch
    {
        FaultKind.KillService or FaultKind.KillSidecar => TimeSpan.FromSeconds(1.5 * part),
        FaultKind.KillRedis => TimeSpan.FromSeconds(4 * part * part),
        FaultKind.Cut or FaultKind.HalfReply or FaultKind.RepeatChanges => TimeSpan.Zero,
        FaultKind.LoseChanges => TimeSpan.FromSeconds(0.3 + part),
        // Mostly shorter than what callers wait for, now and then much longer.
        _ => TimeSpan.FromSeconds(part < 0.9 ? 0.2 + (3.3 * part * part) : 4 + (50 * (part - 0.9))),
    };

    private static int Amount(FaultKind kind, Random random) => kind switch
    {
        FaultKind.Delay => random.Next(10, 500),
        FaultKind.HalfReply => random.Next(1, 6),
        _ => 0,
    };
}
