using System.Text.Json;
using System.Text.RegularExpressions;

namespace FeatureStore.Cli.Tests.Up;

/// <summary>A whole store of its own, started by <c>up</c> with what it keeps in a temporary folder.</summary>
internal sealed partial class RunningStore : IAsyncDisposable
{
    private readonly TemporaryFolder _data = new();
    private readonly CommandProcess _up;

    private RunningStore() => _up = CommandProcess.Start(["up", "--data", _data.Path, .. FreePorts]);

    /// <summary>The options by which each of its ports is a free one.</summary>
    public static string[] FreePorts =>
    [
        "--api-port", "0", "--ingest-port", "0", "--api-sidecar-port", "0", "--api-sidecar-grpc-port", "0",
        "--ingest-sidecar-port", "0", "--ingest-sidecar-grpc-port", "0",
        "--history-port", "0", "--history-sidecar-port", "0", "--history-sidecar-grpc-port", "0",
    ];

    public string Api { get; private set; } = "";

    public string Ingest { get; private set; } = "";

    public string History { get; private set; } = "";

    public static async Task<RunningStore> StartAsync()
    {
        var store = new RunningStore();
        (store.Api, store.Ingest) = await ServedAsync(store._up);
        store.History = HistoryAddress().Match(store._up.Out).Groups[1].Value;
        return store;
    }

    /// <summary>The addresses that <c>up</c> announces once it is ready.</summary>
    public static async Task<(string Api, string Ingest)> ServedAsync(CommandProcess up)
    {
        await up.SaysAsync("Read:");
        return (ApiAddress().Match(up.Out).Groups[1].Value, IngestAddress().Match(up.Out).Groups[1].Value);
    }

    /// <summary>Waits until history has so many rows of a view.</summary>
    public static async Task KeptAsync(string history, string view, long rows)
    {
        using var http = new HttpClient();
        var started = TimeProvider.System.GetTimestamp();
        for (var kept = -1L; kept < rows; await Task.Delay(50, TestContext.Current.CancellationToken))
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(90), $"History has {kept} rows of {view}, and not {rows}.");
            using var statistics = JsonDocument.Parse(await http.GetStringAsync($"{history}/registry/statistics", TestContext.Current.CancellationToken));
            kept = statistics.RootElement.GetProperty("views").TryGetProperty(view, out var found) ? found.GetProperty("rows").GetInt64() : 0;
        }
    }

    /// <summary>Waits until history has a row of an entity, whatever else it has of the view.</summary>
    /// <param name="history">Where history is.</param>
    /// <param name="view">The view.</param>
    /// <param name="entity">The entity's keys, percent-encoded and joined by <c>/</c>.</param>
    public static async Task KnowsAsync(string history, string view, string entity)
    {
        using var http = new HttpClient();
        var started = TimeProvider.System.GetTimestamp();
        while (!(await http.GetStringAsync($"{history}/entities?view={view}", TestContext.Current.CancellationToken)).Split('\n').Contains(entity))
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(90), $"History has no row of {entity} in {view}.");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Runs a command that talks to feature-ingest, as a process.</summary>
    public Task<CommandLine> RunAsync(params string[] args) => CommandProcess.RunAsync([.. args, "--endpoint", Ingest]);

    public async ValueTask DisposeAsync()
    {
        await _up.DisposeAsync();
        _data.Dispose();
    }

    [GeneratedRegex(@"feature-api +(http://\S+)")]
    private static partial Regex ApiAddress();

    [GeneratedRegex(@"feature-ingest +(http://\S+)")]
    private static partial Regex IngestAddress();

    [GeneratedRegex(@"feature-history +(http://\S+)")]
    private static partial Regex HistoryAddress();
}
