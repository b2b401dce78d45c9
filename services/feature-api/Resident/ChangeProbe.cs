using FeatureStore.Dapr;

namespace FeatureStore.FeatureApi.Resident;

/// <summary>Makes sure that changes reach this replica: sends a probe on their topic, and sees what is overdue.</summary>
internal sealed partial class ChangeProbe(
    EventPublisher events, ChangeCurrency currency, SettledViews views, ResidentOptions options, ResidentMetrics metrics, SidecarOptions sidecar,
    TimeProvider time, ILogger<ChangeProbe> logger) : BackgroundService
{
    private bool _isUnsent;
    private Task _sending = Task.CompletedTask;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.ProbeInterval, time);
        try
        {
            do
            {
                if (currency.Look() is { } reason)
                {
                    Log.Anew(logger, reason);
                    metrics.Generation(reason);
                }

                views.Look();
                // Not waited for: what is overdue must be seen while nothing can be sent, above all.
                if (views.IsAnyPushed && _sending.IsCompleted)
                {
                    _sending = SendAsync(stoppingToken);
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The end.
        }
    }

    private async Task SendAsync(CancellationToken stoppingToken)
    {
        try
        {
            await events.PublishRawAsync(sidecar.Broadcast, ChangePublisher.Topic, ChangeEvent.OfProbe(currency.Replica, currency.NextProbe()), stoppingToken);
            _isUnsent = false;
        }
        catch (Exception e) when (e is PublishException or OperationCanceledException)
        {
            if (!_isUnsent && !stoppingToken.IsCancellationRequested)
            {
                Log.Unsent(logger, e.Message);
            }

            _isUnsent = true;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Rows in memory are read anew when they are next asked for: {Reason}")]
        public static partial void Anew(ILogger logger, string reason);

        [LoggerMessage(2, LogLevel.Warning, "Whether changes come in cannot be asked, so that nothing is served from memory for now: {Reason}")]
        public static partial void Unsent(ILogger logger, string reason);
    }
}
