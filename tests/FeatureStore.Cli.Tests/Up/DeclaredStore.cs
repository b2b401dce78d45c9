using System.Net;
using System.Net.Http.Headers;

[assembly: AssemblyFixture(typeof(FeatureStore.Cli.Tests.Up.DeclaredStore))]

namespace FeatureStore.Cli.Tests.Up;

/// <summary>A running store with views of every kind, that tests share; started when the first asks for it.</summary>
public sealed class DeclaredStore : IAsyncDisposable
{
    /// <summary>Entities are named by tests, so that no two touch the same rows.</summary>
    private const string Registry = """
        {
          "entities": {
            "thing": {"keys": {"id": "string"}},
            "numbered": {"keys": {"number": "int64"}},
            "pair": {"keys": {"left": "string", "right": "int32"}}
          },
          "views": {
            "anything": {"entity": "thing", "open": true},
            "anything_else": {"entity": "thing", "open": true},
            "typed": {"entity": "thing", "features": {
              "flag": "bool", "small": "int32", "count": "int64", "ratio": "float32", "temp": "float64", "name": "string", "raw": "bytes",
              "at": "timestamp", "vector": "list<float32>", "names": "list<string>", "times": "list<timestamp>", "any": "json"}},
            "by_number": {"entity": "numbered", "features": {"v": "int64"}},
            "by_pair": {"entity": "pair", "features": {"v": "int64", "w": "string"}}
          },
          "services": {}
        }
        """;

    private readonly SemaphoreSlim _starting = new(1);
    private readonly HttpClient _http = new();
    private RunningStore? _store;

    public string Ingest => _store!.Ingest;

    public string History => _store!.History;

    /// <summary>Starts it, unless that was done.</summary>
    public async Task StartAsync()
    {
        await _starting.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            if (_store is null)
            {
                _store = await RunningStore.StartAsync();
                using var body = new StringContent(Registry, MediaTypeHeaderValue.Parse("application/json"));
                using var applied = await _http.PutAsync($"{Ingest}/registry", body, TestContext.Current.CancellationToken);
                Assert.True(applied.IsSuccessStatusCode, await applied.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
            }
        }
        finally
        {
            _starting.Release();
        }
    }

    /// <summary>Runs a command against feature-ingest.</summary>
    internal async Task<CommandLine> RunAsync(params string[] args)
    {
        await StartAsync();
        return await CommandLine.RunAsync([.. args, "--endpoint", Ingest]);
    }

    /// <summary>The features of an entity as they are served; null if none is.</summary>
    internal async Task<string?> FeaturesAsync(string view, params string[] keys)
    {
        await StartAsync();
        var query = string.Join('&', keys.Select(key => $"entity_id={Uri.EscapeDataString(key)}"));
        using var reply = await _http.GetAsync($"{_store!.Api}/features?{query}&view={view}", TestContext.Current.CancellationToken);
        var body = await reply.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        if (reply.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }

        Assert.True(reply.IsSuccessStatusCode, body);
        const string name = "\"features\":";
        return body[(body.IndexOf(name, StringComparison.Ordinal) + name.Length)..^1];
    }

    /// <summary>What <c>POST /features/query</c> answers.</summary>
    internal async Task<string> QueryAsync(string json)
    {
        await StartAsync();
        using var body = new StringContent(json, MediaTypeHeaderValue.Parse("application/json"));
        using var reply = await _http.PostAsync($"{_store!.Api}/features/query", body, TestContext.Current.CancellationToken);
        var text = await reply.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(reply.IsSuccessStatusCode, text);
        return text;
    }

    public async ValueTask DisposeAsync()
    {
        if (_store is not null)
        {
            await _store.DisposeAsync();
        }

        _http.Dispose();
        _starting.Dispose();
    }
}
