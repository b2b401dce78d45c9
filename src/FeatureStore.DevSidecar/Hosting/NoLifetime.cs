using Microsoft.Extensions.Hosting;

namespace FeatureStore.DevSidecar.Hosting;

/// <summary>Leaves signals to the process that hosts the sidecar.</summary>
internal sealed class NoLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
