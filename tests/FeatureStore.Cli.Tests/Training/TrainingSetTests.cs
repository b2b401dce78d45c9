using FeatureStore.Cli.Tests.Up;

namespace FeatureStore.Cli.Tests.Training;

/// <summary><c>training-set</c>, and how <c>ingest</c> brings rows to where it finds them, against a store that runs.</summary>
public sealed class TrainingSetTests(DeclaredStore store) : IDisposable
{
    private const string Events = "id,at\n{0},2020-06-01T00:00:00Z\n{0},2020-06-02T00:00:00Z\n{0},2020-06-03T00:00:00Z\n";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task RowsToHistoryAloneAreNotOnlineAndAreInTrainingSets()
    {
        await IngestAsync("""{"id":"to-history","count":1,"at_time":"2020-06-02T00:00:00Z"}""", "typed", "--time", "at_time", "--to", "history");
        Assert.Equal(["", "1", "1"], await ValuesAsync("to-history", "typed:count", 1));
        Assert.Null(await store.FeaturesAsync("typed", "to-history"));

        // Once the later one is in history the earlier one would be there too.
        await IngestAsync("""{"id":"to-online","count":1,"at_time":"2020-06-02T00:00:00Z"}""", "typed", "--time", "at_time", "--to", "online");
        await IngestAsync("""{"id":"to-both","count":1,"at_time":"2020-06-02T00:00:00Z"}""", "typed", "--time", "at_time", "--to", "online,history");
        Assert.Equal(["", "1", "1"], await ValuesAsync("to-both", "typed:count", 1));
        Assert.Equal(["", "", ""], (await MakeAsync("to-online", "typed:count")).Values);
        Assert.Equal("{\"count\":1}", await store.FeaturesAsync("typed", "to-both"));
        Assert.Equal("{\"count\":1}", await store.FeaturesAsync("typed", "to-online"));
    }

    [Fact]
    public async Task DataWithoutTimesIsDated()
    {
        // Of two rows of one time the later in the file wins, in history as online.
        await IngestAsync("{\"id\":\"dated\",\"small\":1}\n{\"id\":\"dated\",\"small\":2}", "typed", "--at", "2020-06-01T12:00:00+02:00");
        Assert.Equal(["", "2", "2"], await ValuesAsync("dated", "typed:small", 2));
        Assert.Equal("{\"small\":2}", await store.FeaturesAsync("typed", "dated"));

        // It is known only now, though.
        var (run, values) = await MakeAsync("dated", "typed:small", "--as-of-created");
        Assert.Equal(["", "", ""], values);
        Assert.Contains("Note: typed:small has no value for any event. History has ", run.Error, StringComparison.Ordinal);
        Assert.Contains("`featurestore ingest --at TIME`", run.Error, StringComparison.Ordinal);
        Assert.Equal(["", "", ""], (await MakeAsync("dated", "typed:small", "--as-of-accepted")).Values);
        Assert.Equal(["", "", "2"], (await MakeAsync("dated", "typed:small", "--lag", "typed=24h")).Values);
    }

    [Fact]
    public async Task KeysMayHaveColumnsOfOtherNames()
    {
        await IngestAsync("""{"left":"a/b","right":7,"w":"x, y"}""", "by_pair", "--at", "2020-01-01T00:00:00Z");
        await RunningStore.KnowsAsync(store.History, "by_pair", "a%2Fb/7");
        var target = Path.Combine(_folder.Path, "pair.csv");
        var run = await RunAsync(
            "training-set", "--events", _folder.Write("pairs.csv", "from,right,t\na/b,7,2020-01-02T00:00:00Z\n"), "--id", "left=from", "--id", "right", "--time", "t", "--features", "by_pair:w", "--out", target);
        Assert.True(run.Exit == 0, run.Error);
        Assert.Equal("from,right,t,w\na/b,7,2020-01-02T00:00:00Z,\"x, y\"\n", File.ReadAllText(target));
    }

    [Theory]
    [InlineData(new[] { "--service", "no_such_model" }, "There is no feature service 'no_such_model'.")]
    [InlineData(new[] { "--features", "typd:count" }, "There is no view 'typd'. Did you mean 'typed'?")]
    [InlineData(new[] { "--features", "typed:cuont" }, "The view 'typed' has no feature 'cuont'. Did you mean 'count'?")]
    [InlineData(new[] { "--features", "typed:count", "--time", "tiem" }, "The events have no column 'tiem' for their time.")]
    [InlineData(new[] { "--features", "typed:count", "--id", "id=who" }, "The events have no column 'who' for the key 'id' of the entity 'thing'.")]
    [InlineData(new[] { "--features", "typed:count", "--id", "di" }, "No view that is asked for has a key 'di'. Did you mean 'id'?")]
    [InlineData(new[] { "--features", "typed:count", "--lag", "anything=1h" }, "A lag is given for 'anything', of which no feature is asked for.")]
    [InlineData(new[] { "--features", "typed:count", "--time", "id" }, "Row 1 of the events has 'x' in the column 'id', which is no timestamp.")]
    public async Task WhatTheServiceFindsWrongIsTold(string[] args, string message)
    {
        await store.StartAsync();
        var target = Path.Combine(_folder.Path, "set.csv");
        string[] time = args.Contains("--time") ? [] : ["--time", "at"];
        var run = await RunAsync(["training-set", "--events", _folder.Write("events.csv", "id,at\nx,2020-01-01T00:00:00Z\n"), "--out", target, .. time, .. args]);
        Assert.Equal((1, ""), (run.Exit, run.Out));
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
        Assert.Equal(["events.csv"], Directory.GetFiles(_folder.Path).Select(Path.GetFileName));
    }

    [Fact]
    public async Task EventsThatCannotBeReadAreToldWithoutTheServersPath()
    {
        await store.StartAsync();
        var run = await RunAsync(
            "training-set", "--events", _folder.Write("events.parquet", "no Parquet"), "--out", Path.Combine(_folder.Path, "set.csv"), "--time", "at", "--features", "typed:count");
        Assert.Equal(1, run.Exit);
        Assert.Contains("The events in 'events.parquet' cannot be read as Parquet", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(".training", run.Error, StringComparison.Ordinal);
    }

    private async Task IngestAsync(string rows, string view, params string[] args)
    {
        var run = await store.RunAsync(["ingest", _folder.Write("rows.ndjson", rows), "--view", view, .. args]);
        Assert.True(run.Exit == 0, run.Error);
    }

    /// <summary>The feature's value for each event of an entity, once its rows are in history.</summary>
    private async Task<string[]> ValuesAsync(string id, string feature, int expected)
    {
        // Rows come to history some time after they were acknowledged.
        for (var i = 0; ; i++)
        {
            var values = (await MakeAsync(id, feature)).Values;
            if (values.Contains($"{expected}") || i == 20)
            {
                return values;
            }

            await Task.Delay(100, TestContext.Current.CancellationToken);
        }
    }

    private async Task<(CommandLine Run, string[] Values)> MakeAsync(string id, string feature, params string[] args)
    {
        var target = Path.Combine(_folder.Path, "set.csv");
        var events = _folder.Write("events.csv", Events.Replace("{0}", id, StringComparison.Ordinal));
        var run = await RunAsync(["training-set", "--events", events, "--out", target, "--time", "at", "--features", feature, .. args]);
        Assert.True(run.Exit == 0, run.Error);
        return (run, [.. File.ReadLines(target).Skip(1).Select(line => line.Split(',')[2])]);
    }

    private Task<CommandLine> RunAsync(params string[] args) => CommandLine.RunAsync([.. args, "--endpoint", store.History]);
}
