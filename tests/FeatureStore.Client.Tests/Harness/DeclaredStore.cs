using System.Text;
using FeatureStore.Harness;

namespace FeatureStore.Client.Tests;

/// <summary>A running store of its own, to which a registry was applied.</summary>
public sealed class DeclaredStore : IAsyncLifetime
{
    /// <summary>The collection of the tests that share it.</summary>
    public const string Collection = "A store with a registry";

    private const string Registry = """
        {
          "entities": {
            "airport": { "keys": { "origin": "string" } },
            "aircraft": { "keys": { "tailnum": "string" } },
            "route": { "keys": { "origin": "string", "dest": "string" } },
            "user": { "keys": { "user_id": "int64" } }
          },
          "views": {
            "airport_weather": {
              "entity": "airport", "ttl": "3h", "freshness": "1h",
              "features": { "temp": "float64", "wind_speed": "float64", "visib": "float64", "wind_gust": { "type": "float64", "default": 0.5 }, "sky": "string" }
            },
            "airport_load": { "entity": "airport", "features": { "temp": "int32", "flights": "int64" } },
            "aircraft": { "entity": "aircraft", "features": { "seats": "int32", "engines": "int32" } },
            "routes": { "entity": "route", "features": { "miles": "int64" } },
            "users": { "entity": "user", "features": { "age": "int32", "embedding": "list<float32>" } }
          },
          "services": {
            "delay_model_v1": ["airport_weather:temp", "airport_weather:wind_speed", "airport_weather:visib", "aircraft:seats", "aircraft:engines"],
            "short_model_v1": ["airport_weather:temp", "airport_weather:wind_gust", "aircraft:seats"],
            "weather_model_v1": ["airport_weather:temp", "airport_weather:sky"]
          }
        }
        """;

    private readonly ComponentFolder _components = new(
        "components/local", ("state.db", "{folder}/state.db"), ("events.db", "{folder}/events.db"));

    private readonly DirectoryInfo _history = Directory.CreateTempSubdirectory("featurestore-history-");

    private FeatureStack? _stack;
    private FeatureStoreClient? _http;
    private FeatureStoreClient? _dapr;

    public FeatureStack Stack => _stack!;

    public FeatureStoreClient Http => _http!;

    public FeatureStoreClient Dapr => _dapr!;

    public FeatureStoreOptions HttpOptions() => new()
    {
        ApiAddress = Stack.Api.BaseAddress,
        IngestAddress = Stack.Ingest.BaseAddress,
        HistoryAddress = Stack.History.BaseAddress,
    };

    public async ValueTask InitializeAsync()
    {
        _stack = await FeatureStack.StartAsync(new StackOptions { Components = _components.Path, HistoryFolder = _history.FullName });
        using var body = new StringContent(Registry, Encoding.UTF8, "application/json");
        using var applied = await Stack.Ingest.PutAsync("/registry", body);
        Assert.True(applied.IsSuccessStatusCode, await applied.Content.ReadAsStringAsync());
        foreach (var service in (HttpClient[])[Stack.Api, Stack.Ingest])
        {
            await Wait.UntilAsync(() => FeatureStack.IsOkAsync(service, "/registry/views/users"), "the registry to be heard of");
        }

        _http = new FeatureStoreClient(HttpOptions());
        _dapr = new FeatureStoreClient(new FeatureStoreOptions().UseDapr(dapr => dapr.HttpEndpoint = Stack.IngestSidecar.BaseAddress));
    }

    public async ValueTask DisposeAsync()
    {
        _http?.Dispose();
        _dapr?.Dispose();
        if (_stack is not null)
        {
            await _stack.DisposeAsync();
        }

        _components.Dispose();
        _history.Delete(recursive: true);
    }
}

[CollectionDefinition(DeclaredStore.Collection)]
public sealed class DeclaredStoreDefinition : ICollectionFixture<DeclaredStore>;
