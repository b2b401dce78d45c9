namespace FeatureStore.Cli.Tests.Ingest;

/// <summary><c>--to</c> and <c>--at</c>: what is sent, and where to.</summary>
public sealed class DestinationTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 23, 10, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("/features")]
    [InlineData("/features", "--to", "online,history")]
    [InlineData("/features", "--to", "history", "--to", "online")]
    [InlineData("/features?to=history", "--to", "history")]
    [InlineData("/features?to=online", "--to", "online")]
    public async Task RowsGoWhereTheyAreWanted(string target, params string[] args)
    {
        await using var service = await StandInService.StartAsync();
        var run = await CommandLine.RunAsync(["ingest", "-", "--format", "csv", "--id", "id", .. args, "--endpoint", service.Address], "id,v\na,1\n");
        Assert.Equal(0, run.Exit);
        Assert.Equal(target, Assert.Single(service.Calls).Target);
    }

    [Fact]
    public async Task WhereNoHistoryIsKeptItIsToldSo()
    {
        await using var service = await StandInService.StartAsync((context, _, _) => StandInService.JsonAsync(
            context, 409, """{"type":"urn:featurestore:no-history","title":"No history is kept.","status":409,"detail":"The sidecar has no component."}"""));
        var run = await CommandLine.RunAsync(["ingest", "-", "--format", "csv", "--id", "id", "--to", "history", "--endpoint", service.Address], "id,v\na,1\n");
        Assert.Equal(1, run.Exit);
        Assert.Contains("feature-ingest: No history is kept. (409)\nThe sidecar has no component.", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AllRowsAreOfTheTimeThatIsGivenAndALaterOneWins() => Assert.Equal(
        [
            """{"entity_id":"a","event_timestamp":"2013-01-01T00:00:00Z","created_timestamp":"2026-11-23T10:00:00Z","features":{"v":1}}""",
            """{"entity_id":"a","event_timestamp":"2013-01-01T00:00:00Z","created_timestamp":"2026-11-23T10:00:00.000001Z","features":{"v":2}}""",
        ],
        await IngestAsync(["--format", "csv", "--id", "id", "--at", "2013-01-01T01:00:00+01:00"], "id,v\na,1\na,2\n"));

    [Fact]
    public async Task RowsOnTheWireAreDatedUnlessTheyHaveATimeOfTheirOwn()
    {
        await using var service = await StandInService.StartAsync();
        var run = await CommandLine.RunAsync(
            ["ingest", "-", "--format", "ndjson", "--at", "2013-01-01T00:00:00Z", "--endpoint", service.Address],
            """
            {"entity_id":"a","features":{"v":1}}
            {"entity_id":"b","event_timestamp":null,"created_timestamp":"2020-01-01T00:00:00Z","features":{}}
            {"entity_id":"c","event_timestamp":"2014-01-01T00:00:00Z","features":{}}
            """,
            Now);
        Assert.Equal(1, run.Exit);
        Assert.Contains("standard input:3: It has an event_timestamp of its own, and --at says another.", run.Error, StringComparison.Ordinal);
        Assert.Equal(
            [
                """{"event_timestamp":"2013-01-01T00:00:00Z","created_timestamp":"2026-11-23T10:00:00Z","entity_id":"a","features":{"v":1}}""",
                """{"entity_id":"b","event_timestamp":"2013-01-01T00:00:00Z","created_timestamp":"2020-01-01T00:00:00Z","features":{}}""",
            ],
            service.Rows);
    }

    private static async Task<string[]> IngestAsync(string[] args, string input)
    {
        await using var service = await StandInService.StartAsync();
        var run = await CommandLine.RunAsync(["ingest", "-", .. args, "--endpoint", service.Address], input, Now);
        Assert.True(run.Exit == 0, run.Error);
        return service.Rows;
    }
}
