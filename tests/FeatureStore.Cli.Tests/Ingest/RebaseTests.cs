namespace FeatureStore.Cli.Tests.Ingest;

/// <summary><c>--rebase now</c>: the newest time of all files becomes now, and all distances stay.</summary>
public sealed class RebaseTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 10, 0, 0, TimeSpan.Zero);

    private static async Task<string[]> IngestAsync(string[] args, string input = "")
    {
        await using var service = await StandInService.StartAsync();
        var run = await CommandLine.RunAsync(["ingest", .. args, "--rebase", "now", "--endpoint", service.Address], input, Now);
        Assert.Equal(0, run.Exit);
        return service.Rows;
    }

    [Fact]
    public async Task TheNewestOfAllFilesIsNowAndDistancesStay()
    {
        using var folder = new TemporaryFolder();
        var rows = await IngestAsync(
        [
            folder.Write("a.csv", "id,t\na,2013-01-01T06:00:00.250Z\nb,2013-01-01T08:00:00Z\n"),
            folder.Write("b.csv", "id,t\nc,2013-01-01T10:00:00+01:00\n"),
            "--id", "id", "--time", "t",
        ]);
        Assert.Equal(
            [
                """{"entity_id":"a","event_timestamp":"2026-11-23T07:00:00.250Z","features":{}}""",
                """{"entity_id":"b","event_timestamp":"2026-11-23T09:00:00Z","features":{}}""",
                """{"entity_id":"c","event_timestamp":"2026-11-23T10:00:00Z","features":{}}""",
            ],
            rows);
    }

    [Fact]
    public async Task CreatedTimesMoveAlongAndNeverBeyondNow()
    {
        var rows = await IngestAsync(
            ["-", "--format", "csv", "--id", "id", "--time", "t", "--created", "c"],
            "id,t,c\na,2013-01-01T06:00:00Z,2013-01-01T09:00:00Z\nb,2013-01-01T07:00:00Z,\n");
        Assert.Equal(
            [
                """{"entity_id":"a","event_timestamp":"2026-11-23T07:00:00Z","created_timestamp":"2026-11-23T10:00:00Z","features":{}}""",
                """{"entity_id":"b","event_timestamp":"2026-11-23T08:00:00Z","features":{}}""",
            ],
            rows);
    }

    [Fact]
    public async Task InRowsOnTheWireOnlyTheTimesChange()
    {
        var rows = await IngestAsync(
            ["-", "--format", "ndjson"],
            """
            {"entity_id":"a", "event_timestamp": "2013-01-01T06:00:00Z","features":{"event_timestamp":"2013-01-01T06:00:00Z"}}
            {"event_timestamp":"2013-01-01T07:00:00Z","entity_id":"b","created_timestamp":"2013-01-01T06:30:00Z","features":{"n": 1.0}}
            """);
        Assert.Equal(
            [
                """{"entity_id":"a", "event_timestamp": "2026-11-23T09:00:00Z","features":{"event_timestamp":"2013-01-01T06:00:00Z"}}""",
                """{"event_timestamp":"2026-11-23T10:00:00Z","entity_id":"b","created_timestamp":"2026-11-23T09:30:00Z","features":{"n": 1.0}}""",
            ],
            rows);
    }
}
