using FeatureStore.Cli.Tests.Up;

namespace FeatureStore.Cli.Tests.Erase;

/// <summary><c>erase</c>: an entity is gone online and from history, and doing it again changes nothing.</summary>
public sealed class EraseTests(DeclaredStore store) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task WhatIsErasedIsGoneOnlineAndFromHistoryAndOthersStay()
    {
        await WriteAsync("erase/me", "erase-not");
        var run = await EraseAsync("erase/me", "--entity", "thing", "--yes");
        Assert.True(run.Exit == 0, run.Error);
        foreach (var view in (string[])["anything", "anything_else", "typed"])
        {
            Assert.Matches($@"(?m)^erase/me in {view}: deleted online what was true up to 20\S+Z$", run.Out);
        }

        // The deletion itself may have come to history before it was erased there.
        Assert.Matches(@"(?m)^erase/me in typed: removed [23] rows from history; [1-3] files? (was|were) rewritten$", run.Out);
        Assert.Matches(@"(?m)^erase/me in anything: removed [12] rows? from history; ", run.Out);
        Assert.Contains("that of the deletion for 7 days", run.Error, StringComparison.Ordinal);
        Assert.Null(await store.FeaturesAsync("typed", "erase/me"));
        Assert.Null(await store.FeaturesAsync("anything", "erase/me"));
        Assert.Equal("{\"count\":2}", await store.FeaturesAsync("typed", "erase-not"));
        Assert.Equal(["erase/me,2030-01-01T00:00:00Z,", "erase-not,2030-01-01T00:00:00Z,2"], await SetAsync("erase/me", "erase-not"));

        var again = await EraseAsync("erase/me", "--entity", "thing", "--yes");
        Assert.True(again.Exit == 0, again.Error);
        Assert.Matches(@"(?m)^erase/me in anything_else: (history has no rows of it|removed 1 row from history)", again.Out);
        Assert.Equal(["erase/me,2030-01-01T00:00:00Z,", "erase-not,2030-01-01T00:00:00Z,2"], await SetAsync("erase/me", "erase-not"));
    }

    [Fact]
    public async Task WithoutHistoryItSaysWhatIsDoneAndRunningItAgainCompletesIt()
    {
        await WriteAsync("erase-late", "erase-other");
        var run = await store.RunAsync("erase", "erase-late", "erase-other", "--entity", "thing", "--yes", "--history-endpoint", "http://127.0.0.1:1");
        Assert.Equal(1, run.Exit);
        Assert.Contains("feature-history is not reachable at http://127.0.0.1:1 (connection refused). Start it with `featurestore up`, or give --history-endpoint.\n", run.Error, StringComparison.Ordinal);
        Assert.Contains(
            "erase-late: Done: deleted online in anything, anything_else, typed. Not done: its rows in history. Run the same command again to complete it.\nNot begun: erase-other.\n", run.Error, StringComparison.Ordinal);
        Assert.Null(await store.FeaturesAsync("typed", "erase-late"));
        Assert.Equal("{\"count\":2}", await store.FeaturesAsync("typed", "erase-other"));

        var again = await EraseAsync("erase-late", "erase-other", "--entity", "thing", "--yes");
        Assert.True(again.Exit == 0, again.Error);
        Assert.Equal(["erase-late,2030-01-01T00:00:00Z,", "erase-other,2030-01-01T00:00:00Z,"], await SetAsync("erase-late", "erase-other"));
    }

    [Theory]
    [InlineData(200, "superseded", """{"views":[{"view":"v","rows":1,"files":1}]}""", "a in v: not deleted online, because something newer than 2026-11-23T10:00:00Z was written meanwhile.")]
    [InlineData(503, "applied", """{"title":"Not all was erased. Do it again to go on.","status":503,"detail":"disk"}""", "a: Done: deleted online in v. Not done: its rows in history.")]
    public async Task WhatIsNotDoneIsNoSuccess(int status, string outcome, string reply, string message)
    {
        await using var service = await StandInService.StartAsync((context, _, _) => context.Request.Method == "DELETE"
            ? StandInService.JsonAsync(context, 200, $$"""{"entity_id":"a","entity":"e","views":[{"view":"v","event_timestamp":"2026-11-23T10:00:00Z","created_timestamp":"2026-11-23T10:00:00Z","outcome":"{{outcome}}"}]}""")
            : StandInService.JsonAsync(context, status, reply));
        service.Registry = """{"version":1,"entities":{"e":{"keys":{"id":"string"}}},"views":{"v":{"entity":"e","open":true}},"services":{}}""";
        var run = await CommandLine.RunAsync(["erase", "a", "--yes", "--endpoint", service.Address, "--history-endpoint", service.Address]);
        Assert.Equal(1, run.Exit);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
        Assert.Equal(["DELETE /features?entity_id=a&entity=e", "POST /erasures?entity_id=a&entity=e"], service.Calls.Select(call => $"{call.Method} {call.Target}"));
    }

    [Fact]
    public async Task ACompositeIdIsGivenInParts()
    {
        var written = await store.RunAsync("ingest", _folder.Write("rows.ndjson", """{"left":"a","right":3,"v":1}"""), "--view", "by_pair");
        Assert.True(written.Exit == 0, written.Error);
        var run = await EraseAsync("--key", "a", "--key", "3", "--entity", "pair", "--yes");
        Assert.True(run.Exit == 0, run.Error);
        Assert.Contains("a/3 in by_pair: deleted online", run.Out, StringComparison.Ordinal);
        Assert.Null(await store.FeaturesAsync("by_pair", "a", "3"));
    }

    [Theory]
    [InlineData("Several entities are declared. Name one with --entity: ", "x")]
    [InlineData("--entity: there is no entity \"thin\". Did you mean 'thing'?", "x", "--entity", "thin")]
    [InlineData("An id of pair has 2 parts, given with --key in this order: left, right. x has 1.", "x", "--entity", "pair")]
    [InlineData("No entity is named.", "--entity", "pair")]
    [InlineData("give --yes to do it: Erase x of entity thing: delete it online in all its views and remove all rows from history?", "x", "--entity", "thing", "--ask")]
    public async Task WhatCannotBeMeantIsRefused(string message, params string[] args)
    {
        await store.StartAsync();
        var run = await EraseAsync([.. args.Where(arg => arg != "--ask"), .. args.Contains("--ask") ? [] : (string[])["--yes"]]);
        Assert.Equal((2, ""), (run.Exit, run.Out));
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhoSaysNoKeepsAll()
    {
        await store.StartAsync();
        var run = await CommandLine.RunAsync(
            ["erase", "x", "--entity", "thing", "--endpoint", store.Ingest, "--history-endpoint", store.History], terminal: true, answer: "n");
        Assert.Equal((1, ""), (run.Exit, run.Out));
        Assert.EndsWith("Nothing was erased.\n", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WithoutARegistryAnIdIsErasedInAllViewsThatThereAre()
    {
        await using var undeclared = await RunningStore.StartAsync();
        var rows = _folder.Write("rows.ndjson", "{\"entity_id\":\"a\",\"features\":{\"f\":1}}\n{\"view\":\"w\",\"entity_id\":\"a\",\"features\":{\"f\":1}}\n{\"view\":\"w\",\"entity_id\":\"b\",\"features\":{\"f\":1}}\n");
        Assert.Equal(0, (await undeclared.RunAsync("ingest", rows)).Exit);
        await RunningStore.KeptAsync(undeclared.History, "w", 2);
        await RunningStore.KeptAsync(undeclared.History, "default", 1);
        var run = await undeclared.RunAsync("erase", "a", "--yes", "--history-endpoint", undeclared.History);
        Assert.True(run.Exit == 0, run.Error);
        Assert.Matches(@"(?s)^a in default: deleted online .*\na in w: deleted online .*\na in default: removed [12] rows? .*\na in w: removed [12] rows? ", run.Out);
        foreach (var (id, view, exit) in ((string, string, int)[])[("a", "default", 1), ("a", "w", 1), ("b", "w", 0)])
        {
            Assert.Equal(exit, (await CommandProcess.RunAsync("get", id, "--view", view, "--endpoint", undeclared.Api)).Exit);
        }

        var named = await undeclared.RunAsync("erase", "a", "--entity", "thing", "--yes");
        Assert.Equal((2, "--entity: no entities are declared here. Leave it out.\n"), (named.Exit, named.Error));
    }

    private async Task WriteAsync(params string[] ids)
    {
        // Two rows in history of one online, and one in another view.
        var lines = ids.SelectMany(id => (string[])
        [
            $$$"""{"view":"typed","entity_id":"{{{id}}}","event_timestamp":"2020-01-01T00:00:00Z","features":{"count":0}}""",
            $$$"""{"view":"typed","entity_id":"{{{id}}}","event_timestamp":"2020-01-02T00:00:00Z","features":{"count":2}}""",
            $$$"""{"view":"anything","entity_id":"{{{id}}}","features":{"f":1}}""",
        ]);
        var run = await store.RunAsync("ingest", _folder.Write("rows.ndjson", string.Join('\n', lines)));
        Assert.True(run.Exit == 0, run.Error);
        List<string> sets = [.. ids.Select(id => $"{id},2030-01-01T00:00:00Z,2")];
        for (var i = 0; i < 100 && !(await SetAsync(ids)).SequenceEqual(sets); i++)
        {
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }

        Assert.Equal(sets, await SetAsync(ids));
    }

    /// <summary>What a training set has of entities: <c>typed:count</c>, long after all that was written.</summary>
    private async Task<string[]> SetAsync(params string[] ids)
    {
        var target = Path.Combine(_folder.Path, "set.csv");
        var events = _folder.Write("events.csv", $"id,at\n{string.Concat(ids.Select(id => $"{id},2030-01-01T00:00:00Z\n"))}");
        var run = await CommandLine.RunAsync(["training-set", "--events", events, "--out", target, "--time", "at", "--features", "typed:count", "--endpoint", store.History]);
        Assert.True(run.Exit == 0, run.Error);
        return [.. File.ReadLines(target).Skip(1)];
    }

    private Task<CommandLine> EraseAsync(params string[] args) => store.RunAsync(["erase", .. args, "--history-endpoint", store.History]);
}
