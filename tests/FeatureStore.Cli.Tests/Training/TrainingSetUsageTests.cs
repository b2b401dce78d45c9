namespace FeatureStore.Cli.Tests.Training;

/// <summary>Mistakes of the command line: all named, exit code 2, nothing sent.</summary>
public sealed class TrainingSetUsageTests
{
    [Theory]
    [InlineData("Name the features", "--time", "t")]
    [InlineData("--features: \"temp\" is no feature by its view", "--time", "t", "--features", "v:a,temp")]
    [InlineData("Give either --as-of-created or --as-of-accepted", "--time", "t", "--service", "m", "--as-of-created", "--as-of-accepted")]
    [InlineData("--lag: \"weather\" is no view and length of time", "--time", "t", "--service", "m", "--lag", "weather")]
    [InlineData("--lag: \"weather=15\" is no view and length of time", "--time", "t", "--service", "m", "--lag", "weather=15")]
    [InlineData("--id: \"origin=\" names no key and column", "--time", "t", "--service", "m", "--id", "origin=")]
    [InlineData("Option '--time' is required.", "--service", "m")]
    [InlineData("--patience: \"soon\" is no length of time", "--time", "t", "--service", "m", "--patience", "soon")]
    [InlineData("--out: the name of set.txt does not tell its format", "--time", "t", "--service", "m", "--out", "set.txt")]
    [InlineData("--out: there is no folder ", "--time", "t", "--service", "m", "--out", "no/such/set.csv")]
    public async Task WhatCannotBeUsedIsNamed(string message, params string[] args)
    {
        await using var service = await StandInService.StartAsync();
        using var folder = new TemporaryFolder();
        string[] target = args.Contains("--out") ? [] : ["--out", Path.Combine(folder.Path, "set.csv")];
        var run = await CommandLine.RunAsync(["training-set", "--events", folder.Write("events.csv", "t\n"), .. target, .. args, "--endpoint", service.Address]);
        Assert.Equal((2, ""), (run.Exit, run.Out));
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
        Assert.Empty(service.Calls);
    }

    [Fact]
    public async Task AllThatIsWrongIsToldAtOnce()
    {
        using var folder = new TemporaryFolder();
        var run = await CommandLine.RunAsync(["training-set", "--events", "missing.json", "--out", folder.Path, "--time", "t", "--lag", "x"]);
        Assert.Equal(2, run.Exit);
        foreach (var fault in (string[])["--events: the name of missing.json", "--events: there is no file missing.json.", "--out: the name of", "is a folder", "Name the features", "--lag: \"x\""])
        {
            Assert.Contains(fault, run.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task TheEventsAreNeverOverwritten()
    {
        using var folder = new TemporaryFolder();
        var events = folder.Write("events.csv", "t\n");
        var run = await CommandLine.RunAsync(["training-set", "--events", events, "--out", Path.Combine(folder.Path, ".", "events.csv"), "--time", "t", "--service", "m"]);
        Assert.Equal(2, run.Exit);
        Assert.Contains("--out would replace the file of --events", run.Error, StringComparison.Ordinal);
        Assert.Equal("t\n", File.ReadAllText(events));
    }
}
