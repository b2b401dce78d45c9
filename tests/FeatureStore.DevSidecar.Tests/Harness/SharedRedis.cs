using FeatureStore.DevSidecar.Tests.Harness;

[assembly: AssemblyFixture(typeof(SharedRedis))]

namespace FeatureStore.DevSidecar.Tests.Harness;

/// <summary>One Redis for all tests that do not stop it; they keep apart by the names of keys and topics.</summary>
public sealed class SharedRedis : IAsyncLifetime
{
    public RedisServer Server { get; } = new();

    public async ValueTask InitializeAsync() => await Server.StartAsync();

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
