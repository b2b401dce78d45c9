namespace FeatureStore.Cli.Tests.Registry;

/// <summary><c>registry check</c>, and the example registry.</summary>
public sealed class RegistryCheckTests
{
    private static readonly string Root = RepositoryRoot.Path;

    [Fact]
    public async Task TheExampleRegistryIsWhole()
    {
        var run = await CommandLine.RunAsync(["registry", "check", Path.Combine(Root, "features")]);
        Assert.Equal(
            """
            view aircraft of aircraft (tailnum): 8 features, no ttl, pull
            view airport_weather of airport (origin): 9 features, ttl 3h, push
            service delay_model_v1: 5 features

            """,
            run.Out);
        Assert.Equal((0, ""), (run.Exit, run.Error));
    }

    [Fact]
    public async Task FaultsAreNamedAndCounted()
    {
        using var folder = new TemporaryFolder();
        var file = folder.Write("f.yaml", "entities:\n  a: { keys: { x: string } }\nviews:\n  v: { entity: b, ttl: 3, open: true }");
        var run = await CommandLine.RunAsync(["registry", "check", file]);
        Assert.Equal(1, run.Exit);
        Assert.Empty(run.Out);
        Assert.StartsWith($"{file}:4:8: There is no entity 'b'.", run.Error, StringComparison.Ordinal);
        Assert.Contains($"{file}:4:19: A length of time above zero", run.Error, StringComparison.Ordinal);
        Assert.EndsWith("2 faults were found.\n", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatIsNotThereIsAMistakeOfTheCommandLine() =>
        Assert.Equal(2, (await CommandLine.RunAsync(["registry", "check", "nowhere-at-all"])).Exit);
}
