using FeatureStore.DevSidecar.Health;
using FeatureStore.DevSidecar.Invocation;
using FeatureStore.DevSidecar.Resources;
using Microsoft.Extensions.Logging;

namespace FeatureStore.DevSidecar.PubSub.Delivery;

/// <summary>The app's subscriptions, from the time it answers until the sidecar stops.</summary>
internal sealed partial class Subscriptions(
    ResourceSet resources,
    IReadOnlyDictionary<string, NamedBroker> brokers,
    AppChannel app,
    AppHealth health,
    TimeProvider time,
    ILoggerFactory loggers) : IDisposable
{
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);

    private readonly ILogger _logger = loggers.CreateLogger<Subscriptions>();
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _gate = new();
    private readonly List<Task> _starting = [];
    private readonly List<ISubscription> _running = [];
    private IReadOnlyList<SubscriptionResource> _asked = [];
    private IReadOnlyList<SubscriptionResource> _all = [];

    /// <summary>What is being delivered to the app, or would be if there were such a pubsub.</summary>
    public IReadOnlyList<SubscriptionResource> All => Volatile.Read(ref _all);

    /// <summary>Starts to deliver.</summary>
    public void Start(IReadOnlyList<SubscriptionResource> subscriptions)
    {
        _asked = subscriptions;
        foreach (var subscription in subscriptions)
        {
            if (!brokers.TryGetValue(subscription.PubsubName, out var broker))
            {
                // daprd lists it all the same.
                List(subscription);
                Log.NoBroker(_logger, subscription.Topic, subscription.PubsubName);
            }
            else if (!broker.Scopes.MaySubscribe(subscription.Topic))
            {
                Log.Forbidden(_logger, subscription.Topic, subscription.PubsubName);
            }
            else
            {
                lock (_gate)
                {
                    _starting.Add(StartAsync(subscription, broker.Broker));
                }
            }
        }
    }

    /// <summary>Takes no more events; what is being delivered may finish until the token is cancelled. Returns what did not.</summary>
    public async Task<int> StopAsync(CancellationToken giveUp)
    {
        await _stopping.CancelAsync();
        Task[] starting;
        lock (_gate)
        {
            starting = [.. _starting];
        }

        await Task.WhenAll(starting);
        var left = await Task.WhenAll(_running.Select(s => s.StopAsync(giveUp)));
        return left.Sum();
    }

    public void Dispose() => _stopping.Dispose();

    /// <summary>Until it works: a broker that is away when the app comes up must not leave it deaf.</summary>
    private async Task StartAsync(SubscriptionResource subscription, IBroker broker)
    {
        await Task.Yield();
        var policy = resources.Inbound.GetValueOrDefault(subscription.PubsubName, InboundPolicy.None);
        var delivery = new EventDelivery(
            subscription, policy, broker, app, health, time, loggers.CreateLogger<EventDelivery>(), _stopping.Token);
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                var running = await broker.SubscribeAsync(
                    subscription.Topic, new DeliverySettings(subscription.Bulk, () => health.TakesEvents), delivery.HandleAsync, _stopping.Token);
                lock (_gate)
                {
                    _running.Add(running);
                }

                List(subscription);

                Log.Subscribed(_logger, subscription.Topic, subscription.PubsubName);
                return;
            }
            catch (SidecarConfigurationException exception)
            {
                Log.NotSubscribed(_logger, subscription.Topic, subscription.PubsubName, exception.Message);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            await Task.Delay(RetryInterval, time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>In the order in which they were asked for, whichever starts first.</summary>
    private void List(SubscriptionResource subscription)
    {
        lock (_gate)
        {
            Volatile.Write(ref _all, [.. _asked.Where(s => s == subscription || _all.Contains(s))]);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "The app is subscribed to {Topic} through pubsub {Pubsub}")]
        public static partial void Subscribed(ILogger logger, string topic, string pubsub);

        [LoggerMessage(LogLevel.Error, "The subscription to {Topic} through {Pubsub} failed and is tried again: {Reason}")]
        public static partial void NotSubscribed(ILogger logger, string topic, string pubsub, string reason);

        [LoggerMessage(LogLevel.Warning, "The subscription to {Topic} is left out: there is no pubsub {Pubsub}")]
        public static partial void NoBroker(ILogger logger, string topic, string pubsub);

        [LoggerMessage(LogLevel.Warning, "The subscription to {Topic} is left out: it is not allowed on pubsub {Pubsub}")]
        public static partial void Forbidden(ILogger logger, string topic, string pubsub);
    }
}
