using FeatureStore.Dapr;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace FeatureStore.Hosting.Health;

/// <summary>Whether the Dapr sidecar answers.</summary>
internal sealed class SidecarHealthCheck(SidecarConnection connection) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            return await connection.IsHealthyAsync(cancellationToken)
                ? HealthCheckResult.Healthy()
                : HealthCheckResult.Unhealthy("The Dapr sidecar is not ready.");
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return HealthCheckResult.Unhealthy($"The Dapr sidecar at {connection.Options.HttpEndpoint} cannot be reached.");
        }
    }
}
