using FeatureStore.Dapr;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace FeatureStore.Hosting.Health;

/// <summary>Whether it is known what is declared, and whether the store still says the same.</summary>
internal sealed class RegistryHealthCheck(RegistryWatch watch) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await watch.GetAsync(cancellationToken);
            return watch.Alarm is { } alarm ? HealthCheckResult.Degraded(alarm) : HealthCheckResult.Healthy();
        }
        catch (StateUnavailableException e)
        {
            return HealthCheckResult.Unhealthy(e.Message);
        }
    }
}
