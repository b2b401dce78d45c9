namespace FeatureStore.Cli.Tests.Ingest;

/// <summary>Mistakes of the command line and its files: named, exit code 2, nothing sent.</summary>
public sealed class IngestUsageTests
{
    private const string Csv = "time_hour,origin,temp\n2013-01-01T06:00:00Z,EWR,39.02\n";

    private static async Task RefusedAsync(string[] args, params string[] messages)
    {
        await using var service = await StandInService.StartAsync();
        var run = await CommandLine.RunAsync(["ingest", .. args, "--endpoint", service.Address]);
        Assert.Equal(2, run.Exit);
        Assert.Empty(service.Calls);
        Assert.Empty(run.Out);
        foreach (var message in messages)
        {
            Assert.Contains(message, run.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task AMisspeltColumnIsNamedWithTheClosestAndAllThereAre()
    {
        using var folder = new TemporaryFolder();
        var good = folder.Write("good.csv", Csv);
        await RefusedAsync(
            [good, "--id", "orign", "--time", "time_huor", "--text", "zzz"],
            "good.csv: --id: there is no column \"orign\". Did you mean \"origin\"? The columns are: time_hour, origin, temp.",
            "--time: there is no column \"time_huor\". Did you mean \"time_hour\"?",
            "--text: there is no column \"zzz\". The columns are:");
    }

    [Fact]
    public async Task ALaterFileIsCheckedBeforeAnythingOfTheFirstIsSent()
    {
        using var folder = new TemporaryFolder();
        await RefusedAsync(
            [folder.Write("good.csv", Csv), folder.Write("bad.csv", "a,b\n1,2\n"), "--id", "origin"],
            "bad.csv: --id: there is no column \"origin\".");
    }

    [Fact]
    public async Task AMisspeltMemberOfFlatRecordsIsNamed()
    {
        using var folder = new TemporaryFolder();
        await RefusedAsync(
            [folder.Write("in.ndjson", "{\"origin\":\"EWR\",\"temp\":1}\n{\"origin\":\"JFK\"}\n"), "--id", "orign"],
            "--id: no record has \"orign\". Did you mean \"origin\"?");
    }

    [Theory]
    [InlineData("", "in.csv is empty: it needs a header line")]
    [InlineData("\n\n", "in.csv is empty: it needs a header line")]
    [InlineData("id,v,v\na,1,2\n", "in.csv: Column \"v\" occurs more than once (columns 2, 3).")]
    [InlineData("id,,v\na,1,2\n", "in.csv: Column 2 has no name in the header.")]
    public async Task AHeaderThatCannotBeUsedIsRefused(string csv, string message)
    {
        using var folder = new TemporaryFolder();
        await RefusedAsync([folder.Write("in.csv", csv), "--id", "id"], message);
    }

    [Fact]
    public async Task TimesWithoutZoneAreRefusedWithFileLineAndColumn()
    {
        using var folder = new TemporaryFolder();
        await RefusedAsync(
            [folder.Write("in.csv", "id,t\na,2013-01-01T06:00:00\nb,2013-01-01T07:00:00\n"), "--id", "id", "--time", "t"],
            "in.csv:2: Column t: \"2013-01-01T06:00:00\" has no zone. Add Z");
    }

    [Fact]
    public async Task AHeaderOnlyIsToldAndIsNoError()
    {
        await using var service = await StandInService.StartAsync();
        using var folder = new TemporaryFolder();
        var run = await CommandLine.RunAsync(["ingest", folder.Write("in.csv", "id,v\n"), "--id", "id", "--endpoint", service.Address]);
        Assert.Equal(0, run.Exit);
        Assert.Contains("in.csv has no rows.", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("There is no file missing.csv.", "missing.csv", "--id", "id")]
    [InlineData("No file matches no/such/*.csv: there is no folder no/such.", "no/such/*.csv", "--id", "id")]
    [InlineData("No file matches *.no-such-name.", "*.no-such-name", "--id", "id")]
    [InlineData("Give either --at or --time, not both", "-", "--format", "csv", "--id", "id", "--time", "t", "--at", "2020-01-01T00:00:00Z")]
    [InlineData("Give either --at or --rebase, not both", "-", "--format", "csv", "--id", "id", "--rebase", "now", "--at", "2020-01-01T00:00:00Z")]
    [InlineData("--at: \"2020-01-01\" is not an RFC 3339 time", "-", "--format", "csv", "--id", "id", "--at", "2020-01-01")]
    [InlineData("--to: \"histroy\" is not known", "-", "--format", "csv", "--id", "id", "--to", "online,histroy")]
    [InlineData("--checkpoint: standard input can be read only once", "-", "--format", "csv", "--id", "id", "--checkpoint", "c.json")]
    [InlineData("give --format csv, ndjson, json, parquet or arrow", "-", "--id", "id")]
    [InlineData("name the column of the entity id with --id", "-", "--format", "csv")]
    [InlineData("--time names a column of flat records", "-", "--format", "ndjson", "--time", "t")]
    [InlineData("--ttl: \"3600\" is no length of time", "-", "--format", "ndjson", "--ttl", "3600")]
    [InlineData("Did you mean 3600s?", "-", "--format", "ndjson", "--ttl", "3600")]
    [InlineData("--ttl: it must be longer than nothing", "-", "--format", "ndjson", "--ttl", "0s")]
    [InlineData("--rebase: \"then\" is not known", "-", "--format", "ndjson", "--rebase", "then")]
    [InlineData("--rebase moves event times: name their column with --time", "-", "--format", "csv", "--id", "a", "--rebase", "now")]
    [InlineData("--text is for CSV files", "-", "--format", "ndjson", "--id", "a", "--text", "b")]
    [InlineData("Column \"a\" is given as --id and --time", "-", "--format", "csv", "--id", "a", "--time", "a")]
    [InlineData("Standard input (-) can be read only once", "-", "-", "--format", "csv", "--id", "a")]
    [InlineData("'xml'", "-", "--format", "xml")]
    [InlineData("There is no option --veiw. Did you mean --view?", "-", "--veiw", "v")]
    [InlineData("Required argument 'FILE' missing")]
    public Task OptionsThatDoNotFitAreRefused(string message, params string[] args) => RefusedAsync(args, message);

    [Fact]
    public async Task AnEndpointThatIsNoAddressIsRefused()
    {
        var run = await CommandLine.RunAsync(
            ["ingest", "-", "--format", "ndjson"], variables: new Dictionary<string, string> { ["FEATURESTORE_INGEST"] = "localhost:1" });
        Assert.Equal(2, run.Exit);
        Assert.Contains("FEATURESTORE_INGEST: \"localhost:1\" is no address of feature-ingest.", run.Error, StringComparison.Ordinal);
    }
}
