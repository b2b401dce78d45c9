namespace FeatureStore.Cli.Tests.Delete;

/// <summary><c>delete</c>: asks first, and says what came of it.</summary>
public sealed class DeleteTests
{
    private static async Task<(CommandLine Run, string[] Calls)> DeleteAsync(string[] args, string outcome = "applied", bool terminal = false, string? answer = null)
    {
        await using var service = await StandInService.StartAsync((context, _, _) => StandInService.JsonAsync(
            context, 200, $$"""{"entity_id":"a","view":"default","event_timestamp":"2026-11-23T10:00:00Z","created_timestamp":"2026-11-23T10:00:00Z","outcome":"{{outcome}}"}"""));
        var run = await CommandLine.RunAsync(["delete", .. args, "--endpoint", service.Address], terminal: terminal, answer: answer);
        return (run, [.. service.Calls.Select(call => $"{call.Method} {call.Target}")]);
    }

    [Fact]
    public async Task WithYesItDeletes()
    {
        var (run, calls) = await DeleteAsync(["a/b", "--view", "v", "--feature", "f", "--yes"]);
        Assert.Equal(0, run.Exit);
        Assert.Equal(["DELETE /features?entity_id=a%2Fb&view=v&feature=f"], calls);
        Assert.Equal("a/b: deleted what was true up to 2026-11-23T10:00:00Z\n", run.Out);
    }

    [Fact]
    public async Task WithoutATerminalYesIsRequired()
    {
        var (run, calls) = await DeleteAsync(["a"]);
        Assert.Equal(2, run.Exit);
        Assert.Empty(calls);
        Assert.Contains("give --yes", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("y", 0)]
    [InlineData("YES", 0)]
    [InlineData("n", 1)]
    [InlineData("", 1)]
    [InlineData(null, 1)]
    public async Task OnATerminalItAsks(string? answer, int exit)
    {
        var (run, calls) = await DeleteAsync(["a", "b"], terminal: true, answer: answer);
        Assert.Equal(exit, run.Exit);
        Assert.Equal(exit == 0 ? 2 : 0, calls.Length);
        Assert.Contains("Delete the row of a, b in view default? [y/N]", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ASupersededDeleteIsNoSuccess()
    {
        var (run, _) = await DeleteAsync(["a", "-y"], outcome: "superseded");
        Assert.Equal(1, run.Exit);
        Assert.Contains("a: not deleted", run.Error, StringComparison.Ordinal);
    }
}
