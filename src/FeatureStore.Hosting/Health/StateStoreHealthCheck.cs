using FeatureStore.Dapr;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace FeatureStore.Hosting.Health;

/// <summary>Whether the state store answers.</summary>
internal sealed class StateStoreHealthCheck(StateStore store) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await store.CheckAsync(cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (StateStoreException e)
        {
            return HealthCheckResult.Unhealthy(e.Message);
        }
    }
}
