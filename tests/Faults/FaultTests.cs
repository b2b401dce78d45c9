using FeatureStore.Faults.Checking;
using FeatureStore.Faults.Planted;
using FeatureStore.Faults.Schedule;
using Xunit;

[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]

namespace FeatureStore.Faults;

/// <summary>Nothing acknowledged is lost, nothing is made up and nothing is served past its expiry, whatever dies.</summary>
public sealed class FaultTests
{
    private static FaultOptions OnRedis => new() { Backend = Backend.Redis, Seed = 1, Duration = TimeSpan.FromSeconds(50), Gap = TimeSpan.FromSeconds(1.5) };

    [Fact]
    public async Task On_Redis_nothing_acknowledged_is_lost()
    {
        SkipWithoutRedis();
        var report = await FaultRun.RunAsync(OnRedis, TestContext.Current.CancellationToken);

        Judge(report);
    }

    [Fact]
    public async Task On_SQLite_nothing_acknowledged_is_lost()
    {
        Assert.SkipWhen(Environment.GetEnvironmentVariable("FAULTS_SIDECAR") is { Length: > 0 }, "The embedded components are DevSidecar's own.");
        var report = await FaultRun.RunAsync(new FaultOptions
        {
            Backend = Backend.Sqlite,
            Seed = 3,
            Duration = TimeSpan.FromSeconds(35),
            Gap = TimeSpan.FromSeconds(1.2),
        }, TestContext.Current.CancellationToken);

        Judge(report);
        Assert.SkipUnless(report.HasDisk, "All held, but without a full disk: that takes the right to mount a file system.");
    }

    [Fact]
    public async Task Served_from_memory_nothing_is_older_than_it_may_be_nor_goes_back()
    {
        SkipWithoutRedis();
        var report = await FaultRun.RunAsync(new FaultOptions
        {
            Backend = Backend.Redis,
            Push = true,
            Seed = 5,
            Duration = TimeSpan.FromSeconds(48),
            Gap = TimeSpan.FromSeconds(1.5),
        }, TestContext.Current.CancellationToken);

        Judge(report);
    }

    /// <summary>What the harness is there to find, it finds.</summary>
    [Theory]
    [InlineData("acknowledge-before-save")]
    [InlineData("no-compare-and-swap")]
    [InlineData("ignored-item-error")]
    public async Task A_planted_bug_is_caught(string patch)
    {
        SkipWithoutRedis();
        using var bug = await PlantedBug.BuildAsync(patch);
        var report = await FaultRun.RunAsync(bug.In(new FaultOptions
        {
            Backend = Backend.Redis,
            Seed = 1,
            Duration = TimeSpan.FromSeconds(90),
            Gap = TimeSpan.FromSeconds(1),
            EndsAtFinding = true,
        }), TestContext.Current.CancellationToken);

        Print(report);
        Assert.Contains(report.Findings, finding => finding.Kind is FindingKind.Lost or FindingKind.Undeleted);
        Assert.DoesNotContain(report.Findings, finding => finding.Kind is FindingKind.Invented or FindingKind.Unexpected);
    }

    [Theory]
    [InlineData("untold-change")]
    [InlineData("change-not-merged")]
    [InlineData("absence-kept")]
    public async Task A_bug_planted_in_push_serving_is_caught(string patch)
    {
        SkipWithoutRedis();
        using var bug = await PlantedBug.BuildAsync(patch);
        var report = await FaultRun.RunAsync(bug.In(new FaultOptions
        {
            Backend = Backend.Redis,
            Push = true,
            Seed = 1,
            Duration = TimeSpan.FromSeconds(120),
            // Every fault has rows read anew, which heals what these bugs do: they show while nothing strikes for longer than a read may be stale.
            Gap = TimeSpan.FromSeconds(15),
            EndsAtFinding = true,
        }), TestContext.Current.CancellationToken);

        Print(report);
        Assert.Contains(report.Findings, finding => finding.Kind is FindingKind.Lost or FindingKind.Undeleted);
    }

    [Fact]
    public Task Rows_acknowledged_to_the_broker_before_they_are_written_are_missed_in_history()
    {
        static ScheduledFault Kill(double at) => new(TimeSpan.FromSeconds(at), FaultKind.KillService, OnRedis.Services - 1, TimeSpan.FromSeconds(0.1), 0);
        return FindMissingInHistoryAsync("acknowledge-before-written", [Kill(2.5), Kill(5.5)]);
    }

    [Fact]
    public Task Rows_saved_of_which_history_was_not_told_are_missed_in_history()
    {
        static ScheduledFault Refuse(double at) => new(TimeSpan.FromSeconds(at), FaultKind.RefuseEvents, 0, TimeSpan.FromSeconds(1.5), 0);
        return FindMissingInHistoryAsync("saved-unlogged", [Refuse(2.5)]);
    }

    /// <summary>Runs with a bug. It shows in the end only, for what is not in history may still come: so the run is short, and has the faults with which it shows.</summary>
    private static async Task FindMissingInHistoryAsync(string patch, IReadOnlyList<ScheduledFault> schedule)
    {
        SkipWithoutRedis();
        using var bug = await PlantedBug.BuildAsync(patch);
        var report = await FaultRun.RunAsync(
            bug.In(OnRedis with { Duration = schedule[^1].At + TimeSpan.FromSeconds(2), Schedule = schedule }), TestContext.Current.CancellationToken);

        // Not to the file of reports: that tells what was lost online, where nothing was.
        Console.WriteLine(report);
        Assert.Contains(report.Findings, finding => finding.Kind == FindingKind.MissingInHistory);
        Assert.DoesNotContain(report.Findings, finding => finding.Kind != FindingKind.MissingInHistory);
    }

    private static void Judge(FaultReport report)
    {
        Print(report);
        Assert.True(report.Findings.Count == 0, report.ToString());
        // A run in which nothing happened would prove nothing.
        Assert.All(FaultSchedule.KindsIn(report.Options), kind => Assert.True(
            report.Of(kind) > 0 || (kind == FaultKind.FullDisk && !report.HasDisk), $"{kind} never struck.\n{report}"));
        Assert.True(report.Halved > 0, report.ToString());
        Assert.True(report.Counters.RowsStored > 0 && report.Counters.RowsPublished > 0 && report.Counters.Reads > 0 && report.DeadLetters > 0, report.ToString());
        // Fewer files than were seen: small ones became larger amid the faults.
        Assert.True(report.HistoryRows > 0 && report.HistoryRestarts > 0 && report.HistoryFilesLeft < report.HistoryFiles, report.ToString());
        Assert.All(report.Published, channel => Assert.True(channel.Value > 0, $"Nothing was published by {channel.Key}.\n{report}"));
    }

    /// <summary>A test's own output is not shown where it passes, so the report also goes to the file that FAULTS_REPORT names.</summary>
    private static void Print(FaultReport report)
    {
        Console.WriteLine(report);
        if (Environment.GetEnvironmentVariable("FAULTS_REPORT") is { Length: > 0 } file)
        {
            File.AppendAllText(file, $"{report}\n");
        }
    }

    private static void SkipWithoutRedis() => Assert.SkipUnless(
        Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, "redis-server"))),
        "There is no redis-server on this machine: the runs kill and restart one that keeps its data on disk.");
}
