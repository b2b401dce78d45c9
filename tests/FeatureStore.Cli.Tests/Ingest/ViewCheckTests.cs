using FeatureStore.Cli.Tests.Up;

namespace FeatureStore.Cli.Tests.Ingest;

/// <summary>Files against what the registry declares, before the first row is sent.</summary>
public sealed class ViewCheckTests(DeclaredStore store)
{
    [Fact]
    public async Task ParquetThatDoesNotFitIsRefusedWithEveryFaultAndNothingIsStored()
    {
        using var folder = new TemporaryFolder();
        var run = await store.RunAsync(
            "ingest", folder.Parquet("bad.parquet", "SELECT 'refused' AS id, 'x' AS temp, 1 AS flagg, true AS count, 1.5 AS ratio, [1] AS name, 2 AS zzz"),
            "--view", "typed");
        Assert.Equal(2, run.Exit);
        Assert.Contains("bad.parquet does not fit view typed (version 1 of the registry):", run.Error, StringComparison.Ordinal);
        Assert.Contains("  - Column \"temp\" is string in the file and float64 in the view.\n", run.Error, StringComparison.Ordinal);
        Assert.Contains("  - \"flagg\" is no feature of the view. Did you mean 'flag'?\n", run.Error, StringComparison.Ordinal);
        Assert.Contains("  - Column \"count\" is bool in the file and int64 in the view.\n", run.Error, StringComparison.Ordinal);
        Assert.Contains("  - Column \"name\" is list<int32> in the file and string in the view.\n", run.Error, StringComparison.Ordinal);
        Assert.Contains("  - \"zzz\" is no feature of the view.\n", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("ratio", run.Error, StringComparison.Ordinal);
        Assert.Contains("Take only some columns with --column, or declare the others and apply the registry.", run.Error, StringComparison.Ordinal);
        Assert.Null(await store.FeaturesAsync("typed", "refused"));
    }

    [Theory]
    [InlineData("SELECT 'a' AS id, 'x' AS count", "\"count\" is int64 in the view, and none of its first values is. In ", "bad.parquet:1: a whole number is expected, \"x\" was given.")]
    [InlineData("SELECT 'a' AS id, 0.5 AS count", "\"count\" is int64 in the view", "0.5")]
    [InlineData("SELECT 'a' AS id, 'noon' AS \"at\"", "\"at\" is timestamp in the view", "\"noon\" was given")]
    [InlineData("SELECT 'a' AS id, ['x'] AS times", "\"times\" is list<timestamp> in the view", "element 1:")]
    public async Task AColumnOfWhichNoValueFitsIsRefused(string query, params string[] messages)
    {
        using var folder = new TemporaryFolder();
        var run = await store.RunAsync("ingest", folder.Parquet("bad.parquet", query), "--view", "typed");
        Assert.Equal(2, run.Exit);
        Assert.All(messages, message => Assert.Contains(message, run.Error, StringComparison.Ordinal));
    }

    [Fact]
    public async Task WhatDataFramesMakeOfValuesIsWhatTheViewDeclares()
    {
        using var folder = new TemporaryFolder();
        var run = await store.RunAsync(
            "ingest",
            folder.Parquet("in.parquet", """
                SELECT 'frame' AS id, true AS flag, 3::BIGINT AS small, 3::DOUBLE AS count, 0.1::DOUBLE AS ratio, 39::INTEGER AS temp, 'x' AS name,
                  '\xAA'::BLOB AS raw, DATE '2026-11-23' AS "at", [0.1, 0.2]::DOUBLE[] AS vector, ['a'] AS names, [DATE '2026-11-23'] AS times,
                  {'a': 1} AS "any"
                """),
            "--view", "typed");
        Assert.True(run.Exit == 0, run.Error);
        Assert.Equal(
            """{"any":{"a":1},"at":"2026-11-23T00:00:00Z","count":3,"flag":true,"name":"x","names":["a"],"ratio":0.1,"raw":"qg==","small":3,"temp":39,"times":["2026-11-23T00:00:00Z"],"vector":[0.1,0.2]}""",
            await store.FeaturesAsync("typed", "frame"));
    }

    [Fact]
    public async Task CellsOfCsvAreWhatTheViewDeclares()
    {
        using var folder = new TemporaryFolder();
        var run = await store.RunAsync(
            "ingest",
            folder.Write("in.csv", "id,name,count,flag,temp,any,vector,raw\ncsv1,007,1,True,NaN,\"{\"\"a\"\": 1}\",\"[0.5, 1]\",qg==\ncsv2,42,,,39.0,text,,\ncsv3,x,y,true,1,1,[],\n"),
            "--view", "typed");
        Assert.Equal(1, run.Exit);
        Assert.Contains("in.csv:4: 'count' is int64: a whole number is expected, \"y\" was given.", run.Error, StringComparison.Ordinal);
        Assert.Contains("Note: 1 value not a number (NaN) went in as null.", run.Error, StringComparison.Ordinal);
        Assert.Equal(
            """{"any":{"a": 1},"count":1,"flag":true,"name":"007","raw":"qg==","temp":null,"vector":[0.5,1]}""", await store.FeaturesAsync("typed", "csv1"));
        Assert.Equal(
            """{"any":"text","count":null,"flag":null,"name":"42","raw":null,"temp":39.0,"vector":null}""", await store.FeaturesAsync("typed", "csv2"));
    }

    [Fact]
    public async Task CsvAndFlatRecordsAreCheckedByTheirFirstRows()
    {
        using var folder = new TemporaryFolder();
        string[] files =
        [
            folder.Write("bad.csv", "id,temp,humidity\na,warm,1\nb,,2\nc,cold,3\n"),
            folder.Write("bad.ndjson", "{\"id\":\"a\",\"temp\":\"warm\",\"humidity\":1}\n{\"id\":\"b\",\"temp\":null}\n"),
        ];
        foreach (var file in files)
        {
            var run = await store.RunAsync("ingest", file, "--view", "typed");
            Assert.Equal(2, run.Exit);
            Assert.Contains("\"temp\" is float64 in the view, and none of its first values is. In ", run.Error, StringComparison.Ordinal);
            Assert.Contains("a number is expected, \"warm\" was given", run.Error, StringComparison.Ordinal);
            Assert.Contains("\"humidity\" is no feature of the view.", run.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task EveryFileIsCheckedBeforeAnythingIsSent()
    {
        using var folder = new TemporaryFolder();
        var run = await store.RunAsync(
            "ingest", folder.Write("a.csv", "id,temp\nunsent,1\n"), folder.Write("b.csv", "id,temq\nx,1\n"), folder.Parquet("c.parquet", "SELECT 'x' AS id, true AS temp"),
            "--view", "typed");
        Assert.Equal(2, run.Exit);
        Assert.Contains("b.csv does not fit view typed", run.Error, StringComparison.Ordinal);
        Assert.Contains("c.parquet does not fit view typed", run.Error, StringComparison.Ordinal);
        Assert.Null(await store.FeaturesAsync("typed", "unsent"));
    }

    [Fact]
    public async Task WithoutIdTheJoinKeysAreTheColumnsOfTheId()
    {
        using var folder = new TemporaryFolder();
        var parquet = await store.RunAsync("ingest", folder.Parquet("in.parquet", "SELECT 1 AS v, 7::DOUBLE AS \"right\", 'x' AS \"left\""), "--view", "by_pair");
        Assert.True(parquet.Exit == 0, parquet.Error);
        Assert.Equal("""{"v":1}""", await store.FeaturesAsync("by_pair", "x", "7"));
        var flat = await store.RunAsync("ingest", folder.Write("in.ndjson", "{\"left\":\"y\",\"right\":8,\"v\":2}\n"), "--view", "by_pair");
        Assert.True(flat.Exit == 0, flat.Error);
        Assert.Equal("""{"v":2}""", await store.FeaturesAsync("by_pair", "y", "8"));
        var wire = await store.RunAsync("ingest", folder.Write("wire.ndjson", "{\"keys\":[\"z\",9],\"features\":{\"v\":3}}\n"), "--view", "by_pair");
        Assert.True(wire.Exit == 0, wire.Error);
        Assert.Equal("""{"v":3}""", await store.FeaturesAsync("by_pair", "z", "9"));
        var missing = await store.RunAsync("ingest", folder.Write("missing.csv", "left,rihgt,v\na,1,1\n"), "--view", "by_pair");
        Assert.Equal(2, missing.Exit);
        Assert.Contains("--id is not given, and pair has join key right: there is no column \"right\". Did you mean \"rihgt\"?", missing.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--id names column v, and entity pair has the join keys left, right.", "by_pair", "--id", "v")]
    [InlineData("--id names the join keys in another order than entity pair declares them. Give --id left --id right.", "by_pair", "--id", "right", "--id", "left")]
    [InlineData("There is no view \"by_pear\". Did you mean 'by_pair'? The views of the registry (version 1) are: anything, ", "by_pear", "--id", "v")]
    [InlineData("\"left\" is int64 in the view, and none of its first values is.", "by_number", "--id", "left", "--column", "v")]
    public async Task AnIdThatDoesNotFitIsRefused(string message, string view, params string[] options)
    {
        using var folder = new TemporaryFolder();
        var run = await store.RunAsync(["ingest", folder.Write("in.csv", "left,right,v\na,1,1\nb,2,2\n"), "--view", view, .. options]);
        Assert.Equal(2, run.Exit);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WithoutViewTheViewsAreNamed()
    {
        using var folder = new TemporaryFolder();
        var run = await store.RunAsync("ingest", folder.Write("in.csv", "id,v\na,1\n"), "--id", "id");
        Assert.Equal(2, run.Exit);
        Assert.Contains("--view is missing. The views of the registry (version 1) are: anything, anything_else, by_number, by_pair, typed.", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("""{"version":0,"entities":{},"views":{},"services":{}}""")]
    [InlineData("""{"version":2,"applied_at":"2026-11-27T10:00:00Z","entities":{},"views":{},"services":{}}""")]
    public async Task WhereNothingIsDeclaredNothingIsChecked(string? registry)
    {
        await using var service = await StandInService.StartAsync();
        service.Registry = registry;
        using var folder = new TemporaryFolder();
        var run = await CommandLine.RunAsync(["ingest", folder.Write("in.csv", "id,v\na,007\n"), "--view", "v", "--id", "id", "--endpoint", service.Address]);
        Assert.True(run.Exit == 0, run.Error);
        Assert.Equal(["""{"view":"v","entity_id":"a","features":{"v":"007"}}"""], service.Rows);
        var without = await CommandLine.RunAsync(["ingest", folder.Write("in.csv", "id,v\na,007\n"), "--view", "v", "--endpoint", service.Address]);
        Assert.Equal(2, without.Exit);
        Assert.Contains("in.csv: name the column of the entity id with --id.", without.Error, StringComparison.Ordinal);
    }

    /// <summary>A key that may only write can load; one that may nothing cannot.</summary>
    [Theory]
    [InlineData(403, 0, "Note: the API key may not read the registry, so nothing is checked before the rows are sent.")]
    [InlineData(401, 1, "feature-ingest: No key (401)")]
    [InlineData(500, 1, "Gave up on feature-ingest at ")]
    public async Task ARegistryThatMayNotBeReadIsTold(int status, int exit, string message)
    {
        await using var service = await StandInService.StartAsync(
            (context, lines, _) => context.Request.Method == "GET"
                ? StandInService.JsonAsync(context, status, """{"title":"No key"}""")
                : StandInService.AllAppliedAsync(context, lines),
            leavesRegistryToTest: true);
        using var folder = new TemporaryFolder();
        var run = await CommandLine.RunAsync(
            ["ingest", folder.Write("in.csv", "id,v\na,1\n"), "--id", "id", "--patience", "1s", "--endpoint", service.Address]);
        Assert.Equal(exit, run.Exit);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
        Assert.Equal(exit == 0 ? 1 : 0, service.Calls.Count(call => call.Method == "POST"));
    }
}
