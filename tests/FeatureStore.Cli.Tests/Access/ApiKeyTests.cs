using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace FeatureStore.Cli.Tests.Access;

/// <summary><c>api-key</c>, and commands that show one.</summary>
public sealed partial class ApiKeyTests
{
    [Fact]
    public async Task AKeyIsPrintedWithTheHashThatTheServiceKnowsItBy()
    {
        var run = await CommandLine.RunAsync(["api-key", "loader", "--right", "read", "--right", "write"]);
        var key = Key().Match(run.Out).Value;
        Assert.Equal(46, key.Length);
        Assert.Contains("__Name=loader\n", run.Out, StringComparison.Ordinal);
        Assert.Contains($"__Sha256={Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)))}\n", run.Out, StringComparison.Ordinal);
        Assert.Contains("__Rights__0=Read\n", run.Out, StringComparison.Ordinal);
        Assert.Contains("__Rights__1=Write\n", run.Out, StringComparison.Ordinal);
        Assert.NotEqual(key, Key().Match((await CommandLine.RunAsync(["api-key", "loader"])).Out).Value);
    }

    [Theory]
    [InlineData("api-key")]
    [InlineData("api-key", "a\nb")]
    [InlineData("api-key", "a", "--right", "admin")]
    public async Task AKeyNeedsANameAndKnownRights(params string[] args) => Assert.Equal(2, (await CommandLine.RunAsync(args)).Exit);

    [Fact]
    public async Task EveryCommandShowsTheKeyOfTheEnvironment()
    {
        var shown = new List<string?>();
        await using var service = await StandInService.StartAsync((context, lines, _) =>
        {
            shown.Add(context.Request.Headers.Authorization);
            return context.Request.Method == "POST" ? StandInService.AllAppliedAsync(context, lines) : StandInService.JsonAsync(context, 404, "{}");
        });
        foreach (var args in (string[][])[["get", "a"], ["delete", "a", "-y"], ["dead-letters", "show", "1"], ["ingest", "-", "--format", "ndjson"]])
        {
            await CommandLine.RunAsync(
                [.. args, "--endpoint", service.Address], input: """{"entity_id":"a","features":{}}""",
                variables: new Dictionary<string, string> { ["FEATURESTORE_API_KEY"] = "fs_abc" });
        }

        Assert.Equal(["Bearer fs_abc", "Bearer fs_abc", "Bearer fs_abc", "Bearer fs_abc"], shown);
    }

    [GeneratedRegex("fs_[A-Za-z0-9_-]+")]
    private static partial Regex Key();
}
