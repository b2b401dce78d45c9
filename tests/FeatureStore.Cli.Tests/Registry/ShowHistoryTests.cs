using FeatureStore.Cli.Tests.Up;
using Microsoft.AspNetCore.Http;

namespace FeatureStore.Cli.Tests.Registry;

/// <summary><c>registry show</c>: what history knows stands in its tables, and where it does not answer they come without.</summary>
public sealed class ShowHistoryTests : IDisposable
{
    private const string Weather = """
        entities:
          airport: { keys: { origin: string } }
        views:
          weather: { entity: airport, features: { temp: float64, gusts: int32 } }
          unwritten: { entity: airport, features: { a: int32 } }
        """;

    private const string Registry = """
        {"version":3,"applied_at":"2026-11-23T10:00:00Z","entities":{"airport":{"keys":{"origin":"string"}}},"views":{"weather":{"entity":"airport","features":{"temp":"float64"}}},"services":{}}
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task WhatHistoryKnowsStandsInTheTables()
    {
        await using var store = await RunningStore.StartAsync();
        _folder.Write("weather.yaml", Weather);
        Assert.Equal(0, (await store.RunAsync("apply", _folder.Path, "--yes")).Exit);
        var rows = _folder.Write("rows.csv", "origin,t,temp,gusts\nEWR,2020-01-01T00:00:00Z,1.5,\nEWR,2020-01-02T00:00:00Z,2.5,3\nJFK,2020-01-03T00:00:00Z,,\n");
        Assert.Equal(0, (await store.RunAsync("ingest", rows, "--view", "weather", "--time", "t")).Exit);
        await RunningStore.KeptAsync(store.History, "weather", 3);

        var all = await store.RunAsync("registry", "show", "--history-endpoint", store.History);
        Assert.Equal(0, all.Exit);
        Assert.Single(all.Error.TrimEnd('\n').Split('\n'));
        Assert.Contains("| rows | entities | oldest event         | newest event         | bytes |", all.Out, StringComparison.Ordinal);
        Assert.Matches(@"(?m)^\| weather +\|.*\| 3 +\| 2 +\| 2020-01-01T00:00:00Z \| 2020-01-03T00:00:00Z \| [1-9][0-9,]* +\|$", all.Out);
        Assert.Matches(@"(?m)^\| unwritten +\|.*\| 0 +\| 0 +\| +\| +\| 0 +\|$", all.Out);

        var one = await store.RunAsync("registry", "show", "weather", "--history-endpoint", store.History);
        Assert.Equal((0, ""), (one.Exit, one.Error));
        Assert.Matches(@"(?m)^history: 3 rows of 2 entities from 2020-01-01T00:00:00Z to 2020-01-03T00:00:00Z, [1-9][0-9,]* bytes in [1-3] files?$", one.Out);
        Assert.Matches(@"(?m)^\| temp +\| float64 .*\| 3 +\| 33\.33 % +\| 2020-01-03T00:00:00Z \|$", one.Out);
        Assert.Matches(@"(?m)^\| gusts +\| int32 .*\| 3 +\| 66\.67 % +\| 2020-01-03T00:00:00Z \|$", one.Out);
        Assert.Contains("\nhistory: no rows yet\n", (await store.RunAsync("registry", "show", "unwritten", "--history-endpoint", store.History)).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WithoutAnAnswerTheTablesComeWithoutItAndOneLineSaysSo()
    {
        await using var service = await StandInService.StartAsync();
        service.Registry = Registry;
        var away = await CommandLine.RunAsync(["registry", "show", "weather", "--endpoint", service.Address, "--history-endpoint", "http://127.0.0.1:1"]);
        Assert.Equal((0, "Without what history knows of the views: feature-history is not reachable at http://127.0.0.1:1 (connection refused).\n"), (away.Exit, away.Error));
        Assert.Contains("| feature | type    | default | description | owner | tags |", away.Out, StringComparison.Ordinal);

        var foreign = await CommandLine.RunAsync(
            ["registry", "show", "weather", "--endpoint", service.Address], variables: new Dictionary<string, string> { ["FEATURESTORE_HISTORY"] = service.Address });
        Assert.Equal($"Without what history knows of the views: {service.Address} does not answer as feature-history does.\n", foreign.Error);
    }

    [Fact]
    public async Task AHistoryThatHangsIsWaitedForBriefly()
    {
        await using var service = await StandInService.StartAsync();
        service.Registry = Registry;
        await using var hanging = await StandInService.StartAsync((context, _, _) => Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default));
        var started = TimeProvider.System.GetTimestamp();
        var run = await CommandLine.RunAsync(["registry", "show", "--endpoint", service.Address, "--history-endpoint", hanging.Address]);
        Assert.Equal(0, run.Exit);
        Assert.StartsWith($"Without what history knows of the views: feature-history is not reachable at {hanging.Address} (no answer in time).\n", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("newest event", run.Out, StringComparison.Ordinal);
        Assert.InRange(TimeProvider.System.GetElapsedTime(started), TimeSpan.FromSeconds(1.5), TimeSpan.FromSeconds(20));

        // What is printed for machines does not wait at all.
        var json = await CommandLine.RunAsync(["registry", "show", "--json", "--endpoint", service.Address, "--history-endpoint", hanging.Address]);
        Assert.Equal((0, ""), (json.Exit, json.Error));
        Assert.Single(hanging.Calls);
    }
}
