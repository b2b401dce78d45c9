using FeatureStore.Cli.Tests.Up;

namespace FeatureStore.Cli.Tests.Registry;

/// <summary><c>apply</c> on a real terminal: in colours, and it asks.</summary>
public sealed class TerminalTests
{
    [Fact]
    public async Task APlanIsInColoursAndTheAnswerCounts()
    {
        await using var store = await RunningStore.StartAsync();
        using var folder = new TemporaryFolder();
        folder.Write("a.yaml", "entities:\n  a: { keys: { x: string } }\nviews:\n  v: { entity: a, open: true }\n  w: { entity: a, open: true }\n");
        Assert.Contains("\e[38;5;2m  + view v of a (x): any features, no ttl, pull", await TypeAsync(store, folder, "n"), StringComparison.Ordinal);
        Assert.Contains("Registry version 1 is applied: 3 added.", await TypeAsync(store, folder, "y"), StringComparison.Ordinal);

        folder.Write("a.yaml", "entities:\n  a: { keys: { x: string } }\nviews:\n  v: { entity: a, open: true, ttl: 1h }\n");
        var shown = await TypeAsync(store, folder, "yes");
        Assert.Contains("\e[38;5;11m  ~ view v", shown, StringComparison.Ordinal);
        Assert.Contains("\e[38;5;9m  - view w of a: its data is kept and no longer served", shown, StringComparison.Ordinal);
        Assert.Contains("Apply this: 1 changed, 1 removed? [y/N]", shown, StringComparison.Ordinal);
        Assert.Contains("Registry version 2 is applied: 1 changed, 1 removed.", shown, StringComparison.Ordinal);
    }

    /// <summary>What a terminal shows to a person who types the answer ahead.</summary>
    private static async Task<string> TypeAsync(RunningStore store, TemporaryFolder folder, string answer)
    {
        var command = $"'{CommandProcess.Path}' apply '{folder.Path}' --endpoint {store.Ingest}";
        await using var terminal = CommandProcess.StartProgram("script", ["-qec", command, "/dev/null"], ("TERM", "xterm-256color"));
        await terminal.TypeAsync(answer + "\n");
        await terminal.ExitAsync();
        return terminal.Out;
    }
}
