using System.Globalization;
using System.Text;
using FeatureStore.Dapr;
using FeatureStore.Hosting.Registry;

namespace FeatureStore.FeatureIngest.Registry;

/// <summary>Applies a registry and tells every replica.</summary>
internal sealed partial class RegistryApply(
    RegistryStore store, RegistryWatch watch, EventPublisher events, SidecarOptions sidecar, ILogger<RegistryApply> logger)
{
    /// <inheritdoc cref="RegistryStore.ApplyAsync"/>
    public async Task<ApplyOutcome> ApplyAsync(Model.Registry to, int? over, bool isDryRun, CancellationToken cancellationToken)
    {
        var outcome = await store.ApplyAsync(to, over, watch.Known, isDryRun, cancellationToken);
        if (outcome.Result == ApplyResult.Applied && watch.Offer(outcome.Current))
        {
            await TellAsync(outcome.Current.Version);
        }

        return outcome;
    }

    private async Task TellAsync(int version)
    {
        try
        {
            var news = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{{\"version\":{version}}}"));
            await events.PublishAsync(sidecar.Broadcast, RegistryEndpoints.Topic, [news], CancellationToken.None);
        }
        catch (PublishException e)
        {
            // It is applied; replicas that are not told find it when they look by themselves.
            Log.Untold(logger, version, e.Message);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Registry version {Version} is applied, but could not be announced: {Reason}")]
        public static partial void Untold(ILogger logger, int version, string reason);
    }
}
