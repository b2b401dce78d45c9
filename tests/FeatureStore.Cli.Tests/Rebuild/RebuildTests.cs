using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using FeatureStore.Cli.Tests.Up;

namespace FeatureStore.Cli.Tests.Rebuild;

/// <summary><c>rebuild</c> fills another store from history; <c>view remove --purge</c> empties both of a view.</summary>
public sealed class RebuildTests : IAsyncLifetime
{
    private const string Registry = """
        {"entities":{"thing":{"keys":{"id":"string"}}},
         "views":{"kept":{"entity":"thing","features":{"a":"int64","b":"float64"}},"old":{"entity":"thing","open":true}},
         "services":{"m":["kept:a","old:x"]}}
        """;

    private readonly TemporaryFolder _folder = new();
    private readonly HttpClient _http = new();
    private RunningStore _store = null!;
    private RunningStore _other = null!;

    public async ValueTask InitializeAsync()
    {
        _store = await RunningStore.StartAsync();
        _other = await RunningStore.StartAsync();
        await ApplyAsync(_store, Registry);
        await ApplyAsync(_other, Registry);
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        await _other.DisposeAsync();
        _http.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task AnEmptyStoreAnswersAsTheOneThatHasTheHistoryAndAViewIsGoneWhollyOnceItIsPurged()
    {
        var rows = Enumerable.Range(0, 300).SelectMany(i => (string[])
        [
            $$$"""{"view":"kept","entity_id":"e/{{{i}}}","event_timestamp":"2026-01-01T00:00:00Z","features":{"a":{{{i}}},"b":1}}""",
            $$$"""{"view":"kept","entity_id":"e/{{{i}}}","event_timestamp":"2026-01-02T00:00:00Z","features":{"a":{{{i + 1}}}}}""",
            $$$"""{"view":"old","entity_id":"e/{{{i}}}","event_timestamp":"2026-01-01T00:00:00Z","features":{"x":"{{{i}}}"}}""",
        ]);
        var written = await _store.RunAsync("ingest", _folder.Write("rows.ndjson", string.Join('\n', rows)));
        Assert.True(written.Exit == 0, written.Error);
        await RunningStore.KeptAsync(_store.History, "kept", 600);
        await RunningStore.KeptAsync(_store.History, "old", 300);
        await WriteAsync(_other, """{"view":"kept","entity_id":"e/7","event_timestamp":"2026-03-01T00:00:00Z","features":{"a":777}}""");

        var checkpoint = Path.Combine(_folder.Path, "checkpoint");
        var rebuilt = await RebuildAsync("--checkpoint", checkpoint);
        Assert.True(rebuilt.Exit == 0, rebuilt.Error);
        Assert.Equal("kept: 599 rows applied, 1 superseded by what is there, 0 rejected\nold: 300 rows applied, 0 superseded by what is there, 0 rejected\n", rebuilt.Out);
        Assert.False(File.Exists(checkpoint));
        for (var i = 0; i < 300; i += 13)
        {
            Assert.Equal(await ReadAsync(_store, $"e/{i}"), await ReadAsync(_other, $"e/{i}"));
        }

        Assert.Equal("""{"a":777,"b":1,"x":"7"}""", await ReadAsync(_other, "e/7"));
        // It came from history, and does not go there again.
        Assert.Equal(1, await RowsAsync(_other, "kept"));

        // On from an entity; history orders them by their encoded keys.
        await File.WriteAllTextAsync(checkpoint, """{"kept":{"after":"e%2F98","is_done":false},"old":{"after":"","is_done":true}}""", TestContext.Current.CancellationToken);
        var rest = await RebuildAsync("--checkpoint", checkpoint);
        Assert.True(rest.Exit == 0, rest.Error);
        Assert.Equal("kept: 2 rows applied, 0 superseded by what is there, 0 rejected\nold: done before\n", rest.Out);
        var unknown = await RebuildAsync("--view", "kep");
        Assert.Equal((1, "History has no view kep. Did you mean 'kept'?\n"), (unknown.Exit, unknown.Error));

        var used = await _store.RunAsync("view", "remove", "old", "--purge", "--yes", "--history-endpoint", _store.History);
        Assert.Equal((1, "The view old is used by m: remove the service, or its features of the view, first.\n"), (used.Exit, used.Error));
        await ApplyAsync(_store, Registry.Replace(",\"old:x\"", "", StringComparison.Ordinal));
        for (var time = 0; time < 2; time++)
        {
            var purged = await _store.RunAsync("view", "remove", "old", "--purge", "--yes", "--history-endpoint", _store.History);
            Assert.True(purged.Exit == 0, purged.Error);
            Assert.Contains(time == 0 ? "300 rows of old were deleted online" : "0 rows of old were deleted online", purged.Out, StringComparison.Ordinal);
            Assert.Contains(time == 0 ? "300 rows of history in 1 files are gone." : "0 rows of history in 0 files are gone.", purged.Out, StringComparison.Ordinal);
        }

        Assert.Equal(0, await RowsAsync(_store, "old"));
        await ApplyAsync(_store, Registry);
        Assert.Equal("""{"a":4,"b":1}""", await ReadAsync(_store, "e/3"));
    }

    private Task<CommandLine> RebuildAsync(params string[] args) => CommandLine.RunAsync(["rebuild", .. args, "--endpoint", _other.Ingest, "--history-endpoint", _store.History]);

    private async Task ApplyAsync(RunningStore store, string registry)
    {
        using var body = new StringContent(registry, MediaTypeHeaderValue.Parse("application/json"));
        using var applied = await _http.PutAsync($"{store.Ingest}/registry", body, TestContext.Current.CancellationToken);
        Assert.True(applied.IsSuccessStatusCode, await applied.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        var version = JsonElement.Parse(await applied.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).GetProperty("version").GetInt32();
        foreach (var service in (string[])[store.Api, store.History])
        {
            while (JsonElement.Parse(await _http.GetStringAsync($"{service}/registry", TestContext.Current.CancellationToken)).GetProperty("version").GetInt32() < version)
            {
                await Task.Delay(50, TestContext.Current.CancellationToken);
            }
        }
    }

    private async Task WriteAsync(RunningStore store, string row)
    {
        using var body = new StringContent(row, MediaTypeHeaderValue.Parse("application/x-ndjson"));
        using var written = await _http.PostAsync($"{store.Ingest}/features", body, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, written.StatusCode);
        await RunningStore.KeptAsync(store.History, "kept", 1);
    }

    private async Task<string> ReadAsync(RunningStore store, string id) =>
        JsonElement.Parse(await _http.GetStringAsync($"{store.Api}/features?entity_id={Uri.EscapeDataString(id)}", TestContext.Current.CancellationToken)).GetProperty("features").GetRawText();

    private async Task<long> RowsAsync(RunningStore store, string view) =>
        JsonElement.Parse(await _http.GetStringAsync($"{store.History}/registry/statistics", TestContext.Current.CancellationToken)).GetProperty("views").TryGetProperty(view, out var known)
            ? known.GetProperty("rows").GetInt64()
            : 0;
}
