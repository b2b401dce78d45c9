using System.Globalization;
using System.Text;
using FeatureStore.Faults.Checking;
using FeatureStore.Faults.Load;
using FeatureStore.Faults.Schedule;

namespace FeatureStore.Faults;

/// <summary>What a run did and found.</summary>
internal sealed record FaultReport
{
    /// <summary>How many findings are printed with all that led to them.</summary>
    private const int Printed = 5;

    public required FaultOptions Options { get; init; }

    public required double Seconds { get; init; }

    public required IReadOnlyDictionary<FaultKind, int> Faults { get; init; }

    /// <summary>How many replies passed by half.</summary>
    public required int Halved { get; init; }

    public required int Restarts { get; init; }

    public required Counters Counters { get; init; }

    /// <summary>How many events were acknowledged on each channel.</summary>
    public required IReadOnlyDictionary<string, long> Published { get; init; }

    /// <summary>How many events were acknowledged that can never succeed.</summary>
    public required int DeadLetters { get; init; }

    public required int Entities { get; init; }

    public required IReadOnlyCollection<Finding> Findings { get; init; }

    /// <summary>The most by which a read was older than what was acknowledged before it.</summary>
    public required TimeSpan WorstStaleness { get; init; }

    /// <summary>Whether there was a disk that could be filled.</summary>
    public required bool HasDisk { get; init; }

    /// <summary>How many acknowledged rows history owes.</summary>
    public required int HistoryRows { get; init; }

    /// <summary>How many files of history could be seen at any time.</summary>
    public required int HistoryFiles { get; init; }

    /// <summary>How many of them there were in the end.</summary>
    public required int HistoryFilesLeft { get; init; }

    /// <summary>How often feature-history was started again.</summary>
    public required int HistoryRestarts { get; init; }

    public int Kills => Of(FaultKind.KillService) + Of(FaultKind.KillSidecar) + Of(FaultKind.KillRedis);

    public int Of(FaultKind kind) => Faults.GetValueOrDefault(kind);

    public int Of(FindingKind kind) => Findings.Count(finding => finding.Kind == kind);

    public override string ToString()
    {
        var text = new StringBuilder();
        void Line(FormattableString line) => text.AppendLine(line.ToString(CultureInfo.InvariantCulture));
        Line($"seed {Options.Seed}, {Options.Backend}, {Seconds:F0} s under faults, sidecar {(Options.Sidecar is null ? "DevSidecar" : Path.GetFileName(Options.Sidecar))}");
        Line($"  kills       {Kills}: services {Of(FaultKind.KillService)}, sidecars {Of(FaultKind.KillSidecar)}, Redis {Of(FaultKind.KillRedis)}; {Restarts} restarts");
        Line($"  pauses      {Of(FaultKind.PauseService) + Of(FaultKind.PauseSidecar) + Of(FaultKind.PauseRedis)}: services {Of(FaultKind.PauseService)}, sidecars {Of(FaultKind.PauseSidecar)}, Redis {Of(FaultKind.PauseRedis)}");
        Line($"  connections cut {Of(FaultKind.Cut)}, refused {Of(FaultKind.Refuse)}, delayed {Of(FaultKind.Delay)}, stalled {Of(FaultKind.Stall)}, half a reply {Of(FaultKind.HalfReply)} ({Halved} passed)");
        if (Options.Backend == Backend.Redis)
        {
            Line($"  events      refused {Of(FaultKind.RefuseEvents)} times while rows were stored");
        }
        else
        {
            Line($"  full disk   {(HasDisk ? Of(FaultKind.FullDisk).ToString(CultureInfo.InvariantCulture) : "not possible: this user may not mount")}");
        }

        Line($"  requests    {Counters.SingleRequests} single rows, {Counters.BulkRequests} NDJSON, {Counters.PublishRequests} publications, {Counters.Reads} reads ({Counters.FailedReads} more without an answer)");
        Line($"  rows        {Counters.RowsSent} sent, {Counters.RowsStored} acknowledged as stored, {Counters.RowsPublished} as published, {Counters.RowsUnclear} unclear; {Entities} entities");
        Line($"  events      {string.Join(", ", Published.Select(channel => string.Create(CultureInfo.InvariantCulture, $"{channel.Value} by {channel.Key}")))}; {DeadLetters} of them for the dead letters");
        Line($"  lost {Of(FindingKind.Lost)}, invented {Of(FindingKind.Invented)}, served past expiry {Of(FindingKind.Expired)}, undeleted {Of(FindingKind.Undeleted)}, torn {Of(FindingKind.Torn)}, unexpected replies {Of(FindingKind.Unexpected)}");
        Line($"  history     {HistoryRows} acknowledged rows, {Of(FindingKind.MissingInHistory)} missing, {Of(FindingKind.InventedInHistory)} invented, {HistoryFiles} files looked at, {Of(FindingKind.TornInHistory)} torn; {HistoryFilesLeft} files in the end; feature-history restarted {HistoryRestarts} times");
        if (Options.Push)
        {
            Line($"  changes     lost {Of(FaultKind.LoseChanges)} times, repeated {Of(FaultKind.RepeatChanges)} times");
            Line($"  served from memory by three replicas; at the worst {WorstStaleness.TotalSeconds:F2} s older than what was acknowledged (allowed: {Options.Staleness.TotalSeconds:F0} s)");
        }

        foreach (var finding in Findings.Take(Printed))
        {
            Line($"seed {Options.Seed}: {finding}");
        }

        return text.ToString();
    }
}
