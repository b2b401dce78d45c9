using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FeatureStore.Dapr;

/// <summary>Tells every replica of feature-api what was saved of push views, before it is acknowledged.</summary>
/// <remarks>
/// The events of a process are numbered. Between them it says how far it has come, so that a reader notices the loss even of the
/// last one, and when it ends it says so.
/// </remarks>
public sealed partial class ChangePublisher(
    EventPublisher events, RegistryWatch registry, SidecarOptions options, TimeProvider time, ILogger<ChangePublisher> logger) : BackgroundService
{
    /// <summary>The topic of what was saved.</summary>
    public const string Topic = "feature-changes";

    private readonly string _writer = Guid.NewGuid().ToString("N");
    private long _sequence;

    /// <summary>Whether a row is of a view that replicas hold in memory.</summary>
    public bool IsPushed(string key) => registry.Current is { } applied && applied.Registry.IsPushed(key);

    /// <summary>Publishes rows that were saved, in as many events as their size takes.</summary>
    /// <exception cref="PublishException">Not all of it was accepted. The rows may be saved again, and told again.</exception>
    public async Task PublishAsync(IReadOnlyList<ChangedRow> rows)
    {
        for (var next = 0; next < rows.Count;)
        {
            var bytes = 0;
            var first = next;
            do
            {
                bytes += rows[next].Document.Length + rows[next].Key.Length + 16;
                next++;
            }
            while (next < rows.Count && bytes + rows[next].Document.Length <= options.MaxMessageBytes / 2);

            var sequence = Interlocked.Increment(ref _sequence);
            await SendAsync(ChangeEvent.OfRows(_writer, sequence, [.. rows.Skip(first).Take(next - first)]));
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (Interlocked.Read(ref _sequence) > 0)
        {
            await TrySayAsync(ends: true, cancellationToken);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.ChangeInterval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                if (Interlocked.Read(ref _sequence) > 0)
                {
                    await TrySayAsync(ends: false, stoppingToken);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The end.
        }
    }

    private async Task TrySayAsync(bool ends, CancellationToken cancellationToken)
    {
        try
        {
            await events.PublishRawAsync(options.Broadcast, Topic, ChangeEvent.Mark(_writer, Interlocked.Read(ref _sequence), ends), cancellationToken);
        }
        catch (Exception e) when (e is PublishException or OperationCanceledException)
        {
            Log.Unsaid(logger, e.Message);
        }
    }

    /// <summary>Sends an event, a second time if need be: a number that is never sent has every reader start afresh.</summary>
    private async Task SendAsync(byte[] payload)
    {
        try
        {
            await events.PublishRawAsync(options.Broadcast, Topic, payload, CancellationToken.None);
        }
        catch (PublishException e)
        {
            Log.Repeated(logger, e.Message);
            await events.PublishRawAsync(options.Broadcast, Topic, payload, CancellationToken.None);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "How far the changes have come could not be said: {Reason}")]
        public static partial void Unsaid(ILogger logger, string reason);

        [LoggerMessage(2, LogLevel.Warning, "Changes are sent once more: {Reason}")]
        public static partial void Repeated(ILogger logger, string reason);
    }
}
