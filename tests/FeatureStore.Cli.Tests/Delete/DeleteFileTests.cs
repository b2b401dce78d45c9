using FeatureStore.Cli.Tests.Ingest;
using FeatureStore.Cli.Tests.Up;

namespace FeatureStore.Cli.Tests.Delete;

/// <summary><c>delete --file</c> and <c>delete --all-views</c>.</summary>
public sealed class DeleteFileTests(DeclaredStore store)
{
    private static Task<CommandLine> DeleteAsync(StandInService service, params string[] args) =>
        CommandLine.RunAsync(["delete", .. args, "--endpoint", service.Address]);

    private async Task GivenAsync(string view, params string[] ids)
    {
        using var folder = new TemporaryFolder();
        var rows = string.Concat(ids.Select(id => $$$"""{"entity_id":"{{{id}}}","features":{"a":1,"b":2}}""" + "\n"));
        var run = await store.RunAsync("ingest", folder.Write("given.ndjson", rows), "--view", view);
        Assert.True(run.Exit == 0, run.Error);
    }

    [Theory]
    [InlineData("csv")]
    [InlineData("txt")]
    [InlineData("ndjson")]
    [InlineData("wire")]
    [InlineData("parquet")]
    public async Task TheEntitiesOfAFileAreGoneAndTheOthersAreThere(string format)
    {
        using var folder = new TemporaryFolder();
        string[] ids = [$"{format}1", $"{format}2", $"{format}3"];
        await GivenAsync("anything", ids);
        var file = format switch
        {
            "csv" => folder.Write("in.csv", $"name,id\nx,{ids[0]}\ny,{ids[2]}\n"),
            "txt" => folder.Write("in.txt", $"\uFEFF{ids[0]}\r\n\r\n  {ids[2]}"),
            "ndjson" => folder.Write("in.ndjson", $$"""{"id":"{{ids[0]}}"}{{"\n"}}{"id":"{{ids[2]}}","b":7}"""),
            "wire" => folder.Write("in.ndjson", $$"""{"entity_id":"{{ids[0]}}"}{{"\n"}}{"keys":["{{ids[2]}}"],"op":"delete"}"""),
            _ => folder.Parquet("in.parquet", $"SELECT * FROM (VALUES ('{ids[0]}', 1), ('{ids[2]}', 2)) AS t(id, other)"),
        };
        var run = await store.RunAsync("delete", "--file", file, "--view", "anything", "--yes");
        Assert.True(run.Exit == 0, run.Error);
        Assert.Contains("2 rows read", run.Out, StringComparison.Ordinal);
        Assert.Matches("(?m)^  applied +2$", run.Out);
        Assert.Null(await store.FeaturesAsync("anything", ids[0]));
        Assert.Equal("""{"a":1,"b":2}""", await store.FeaturesAsync("anything", ids[1]));
        Assert.Null(await store.FeaturesAsync("anything", ids[2]));
    }

    [Fact]
    public async Task SingleFeaturesAreDeleted()
    {
        using var folder = new TemporaryFolder();
        await GivenAsync("anything", "single");
        var run = await store.RunAsync("delete", "--file", folder.Write("in.txt", "single\n"), "--view", "anything", "--feature", "a", "--yes");
        Assert.True(run.Exit == 0, run.Error);
        Assert.Equal("""{"b":2}""", await store.FeaturesAsync("anything", "single"));
    }

    [Fact]
    public async Task WithTimesOnlyWhatIsOlderIsDeleted()
    {
        using var folder = new TemporaryFolder();
        await GivenAsync("anything", "older", "newer");
        var run = await store.RunAsync(
            "delete", "--file", folder.Write("in.csv", "id,t\nolder,2013-01-01T00:00:00Z\n"), "--view", "anything", "--id", "id", "--time", "t", "--yes");
        Assert.True(run.Exit == 0, run.Error);
        Assert.Equal("""{"a":1,"b":2}""", await store.FeaturesAsync("anything", "older"));
    }

    [Fact]
    public async Task AllViewsOfAnEntityAreDeletedFrom()
    {
        using var folder = new TemporaryFolder();
        foreach (var view in (string[])["anything", "anything_else"])
        {
            await GivenAsync(view, "everywhere1", "everywhere2", "everywhere3");
        }

        var one = await store.RunAsync("delete", "everywhere1", "--all-views", "--entity", "thing", "--yes");
        Assert.True(one.Exit == 0, one.Error);
        Assert.Contains("everywhere1 in anything_else: deleted what was true up to ", one.Out, StringComparison.Ordinal);
        Assert.Contains("everywhere1 in typed: deleted what was true up to ", one.Out, StringComparison.Ordinal);
        var file = await store.RunAsync("delete", "--file", folder.Write("in.csv", "id\neverywhere2\n"), "--all-views", "--entity", "thing", "--yes");
        Assert.True(file.Exit == 0, file.Error);
        Assert.Contains("View typed", file.Error, StringComparison.Ordinal);
        foreach (var view in (string[])["anything", "anything_else"])
        {
            Assert.Null(await store.FeaturesAsync(view, "everywhere1"));
            Assert.Null(await store.FeaturesAsync(view, "everywhere2"));
            Assert.NotNull(await store.FeaturesAsync(view, "everywhere3"));
        }
    }

    [Theory]
    [InlineData("--all-views: several entities are declared. Name one with --entity: numbered, pair, thing.", "x", "--all-views")]
    [InlineData("--entity: there is no entity \"thign\". Did you mean 'thing'?", "x", "--all-views", "--entity", "thign")]
    [InlineData("An id of pair has 2 parts, given with --key in this order: left, right. x has 1.", "x", "--all-views", "--entity", "pair")]
    [InlineData("--entity goes with --all-views.", "x", "--entity", "thing")]
    [InlineData("Give either --view or --all-views, not both.", "x", "--all-views", "--view", "typed")]
    [InlineData("--feature names features of one view", "x", "--all-views", "--feature", "temp")]
    public async Task WhatDoesNotFitTheRegistryIsRefused(string message, params string[] args)
    {
        var run = await store.RunAsync(["delete", .. args, "--yes"]);
        Assert.Equal(2, run.Exit);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("There is no view 'anythin'. Did you mean 'anything'?", "--view", "anythin")]
    [InlineData("The view is missing. There are anything, anything_else, by_number, by_pair, typed.")]
    [InlineData("The view 'typed' has no feature 'tmep'.", "--view", "typed", "--feature", "tmep")]
    public async Task WhatTheServiceRefusesIsTold(string message, params string[] args)
    {
        var run = await store.RunAsync(["delete", "x", .. args, "--yes"]);
        Assert.Equal(1, run.Exit);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--feature: view typed has no feature \"tmep\". Did you mean 'temp'?", "in.csv", "--view", "typed", "--feature", "tmep")]
    [InlineData("an id of pair has 2 parts (left, right), and a file of ids has one a line.", "in.txt", "--view", "by_pair")]
    [InlineData("--id names column name, and entity pair has the join keys left, right.", "in.csv", "--view", "by_pair", "--id", "name")]
    [InlineData("name the view to delete from with --view.", "in.csv", "--id", "id")]
    [InlineData("--id: there is no column \"idd\". Did you mean \"id\"?", "in.csv", "--view", "typed", "--id", "idd")]
    public async Task AFileThatDoesNotFitIsRefused(string message, string name, params string[] args)
    {
        using var folder = new TemporaryFolder();
        var run = await store.RunAsync(["delete", "--file", folder.Write(name, "id,name\nx,y\n"), .. args, "--yes"]);
        Assert.Equal(2, run.Exit);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Give either --file or entities, not both.", "x", "--file", "in.txt")]
    [InlineData("--id is about the files that --file names.", "x", "--id", "id")]
    [InlineData("--time is about the files that --file names.", "x", "--time", "t")]
    [InlineData("No entity is named.")]
    [InlineData("There is no file missing.txt.", "--file", "missing.txt", "--view", "v")]
    [InlineData("--all-views: no views are declared here. Name the view with --view.", "x", "--all-views")]
    public async Task OptionsThatDoNotFitAreRefused(string message, params string[] args)
    {
        await using var service = await StandInService.StartAsync();
        var run = await DeleteAsync(service, [.. args, "--yes"]);
        Assert.Equal(2, run.Exit);
        Assert.Empty(service.Calls);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RowsOnTheWireMustDeleteAndNameAView()
    {
        await using var service = await StandInService.StartAsync();
        using var folder = new TemporaryFolder();
        var file = folder.Write("in.ndjson", """
            {"entity_id":"a","view":"v","event_timestamp":"2026-01-01T00:00:00Z"}
            {"entity_id":"b"}
            {"entity_id":"c","view":"v","op":"merge"}
            {"entity_id":"d","view":"v","features":{"x":1}}
            {"entity_id":"e","view":"v","op":"delete","features":["x"]}
            """);
        var run = await DeleteAsync(service, "--file", file, "--yes");
        Assert.Equal(1, run.Exit);
        Assert.Equal(
            ["""{"op":"delete","entity_id":"a","view":"v","event_timestamp":"2026-01-01T00:00:00Z"}""", """{"entity_id":"e","view":"v","op":"delete","features":["x"]}"""],
            service.Rows);
        Assert.Contains("in.ndjson:2: It names no view: name it with --view.", run.Error, StringComparison.Ordinal);
        Assert.Contains("in.ndjson:3: Its op is not delete.", run.Error, StringComparison.Ordinal);
        Assert.Contains("in.ndjson:4: It holds values of features.", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("y", 0)]
    [InlineData("n", 1)]
    [InlineData(null, 1)]
    public async Task OnATerminalItAsksWithTheNumberOfRows(string? answer, int exit)
    {
        await using var service = await StandInService.StartAsync();
        using var folder = new TemporaryFolder();
        var file = folder.Write("in.csv", "id,v\n" + string.Concat(Enumerable.Range(0, 1234).Select(i => $"{i},1\n")));
        var run = await CommandLine.RunAsync(
            ["delete", "--file", file, "--view", "v", "--id", "id", "--feature", "f", "--endpoint", service.Address], terminal: true, answer: answer);
        Assert.Equal(exit, run.Exit);
        Assert.Equal(exit == 0 ? 1234 : 0, service.Rows.Length);
        Assert.Contains($"Delete f of the 1,234 entities in {file} from view v? [y/N]", run.Error, StringComparison.Ordinal);
        Assert.Equal(exit == 1, run.Error.Contains("Nothing was deleted.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task WithoutATerminalYesIsRequired()
    {
        await using var service = await StandInService.StartAsync();
        using var folder = new TemporaryFolder();
        var run = await DeleteAsync(service, "--file", folder.Write("in.txt", "a\n"), "--view", "v");
        Assert.Equal(2, run.Exit);
        Assert.Empty(service.Calls);
        Assert.Contains("give --yes", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatFailedIsSentAgainAndWhatIsRejectedIsNamed()
    {
        await using var service = await StandInService.StartAsync((context, lines, number) => number == 1
            ? StandInService.JsonAsync(context, 503, """{"applied":1,"superseded":0,"rejected":1,"failed":1,"errors":[{"line":2,"detail":"no such view"}],"failed_lines":[[3,3]]}""")
            : StandInService.AllAppliedAsync(context, lines));
        using var folder = new TemporaryFolder();
        var run = await DeleteAsync(service, "--file", folder.Write("in.txt", "a\nb\nc\n"), "--view", "v", "--yes");
        Assert.Equal(1, run.Exit);
        Assert.Equal(["""{"view":"v","entity_id":"c","op":"delete"}"""], service.Requests.Last());
        Assert.Contains("in.txt:2: no such view", run.Error, StringComparison.Ordinal);
        Assert.Matches("(?m)^  applied +2$", run.Out);
        Assert.Matches("(?m)^  rejected +1$", run.Out);
    }
}
