using FeatureStore.Client.Tests;
using FeatureStore.Harness;

[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
[assembly: AssemblyFixture(typeof(RunningStore))]

namespace FeatureStore.Client.Tests;

/// <summary>A store that the tests share: the services and the embedded sidecars, each a process, on SQLite.</summary>
public sealed class RunningStore : IAsyncLifetime
{
    private readonly ComponentFolder _components = new(
        "components/local", ("state.db", "{folder}/state.db"), ("events.db", "{folder}/events.db"));

    private FeatureStack? _stack;
    private FeatureStoreClient? _http;
    private FeatureStoreClient? _dapr;

    public FeatureStack Stack => _stack!;

    /// <summary>A client that knows the services' addresses.</summary>
    public FeatureStoreClient Http => _http!;

    /// <summary>A client that knows a sidecar.</summary>
    public FeatureStoreClient Dapr => _dapr!;

    /// <summary>The services' addresses.</summary>
    public FeatureStoreOptions HttpOptions() => new() { ApiAddress = Stack.Api.BaseAddress, IngestAddress = Stack.Ingest.BaseAddress };

    /// <summary>The address of a sidecar, which is not the one of the service that is asked.</summary>
    public FeatureStoreOptions DaprOptions() => new FeatureStoreOptions().UseDapr(dapr => dapr.HttpEndpoint = Stack.IngestSidecar.BaseAddress);

    public async ValueTask InitializeAsync()
    {
        _stack = await FeatureStack.StartAsync(new StackOptions { Components = _components.Path });
        _http = new FeatureStoreClient(HttpOptions());
        _dapr = new FeatureStoreClient(DaprOptions());
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
    }
}
