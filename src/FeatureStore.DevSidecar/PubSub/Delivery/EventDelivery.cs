using FeatureStore.DevSidecar.Health;
using FeatureStore.DevSidecar.Invocation;
using FeatureStore.DevSidecar.Resources;
using Microsoft.Extensions.Logging;

namespace FeatureStore.DevSidecar.PubSub.Delivery;

/// <summary>Delivers the messages of one subscription: attempts, retries, dead letter.</summary>
internal sealed partial class EventDelivery(
    SubscriptionResource subscription,
    InboundPolicy policy,
    IBroker broker,
    AppChannel app,
    AppHealth health,
    TimeProvider time,
    ILogger<EventDelivery> logger,
    CancellationToken stopping)
{
    /// <summary>A <see cref="MessageHandler"/>; once the sidecar stops, a running attempt may finish, and none follows it.</summary>
    public async Task<bool> HandleAsync(IReadOnlyList<BrokerMessage> messages, CancellationToken cancellationToken)
    {
        var left = new List<DeliveryEntry>(messages.Count);
        var dead = new List<BrokerMessage>();
        foreach (var message in messages)
        {
            var (entry, refusal) = DeliveryEntry.Prepare(message, subscription, time);
            if (entry is not null)
            {
                left.Add(entry);
            }
            else
            {
                Log.NotDeliverable(logger, subscription.PubsubName, subscription.Topic, refusal);
                dead.Add(message);
            }
        }

        // A bulk keeps its id over its attempts.
        var bulkId = Guid.NewGuid().ToString();
        var started = time.GetTimestamp();
        for (var retry = 0; left.Count > 0; retry++)
        {
            await health.WaitHealthyAsync(stopping);
            await AttemptAsync(bulkId, left, dead, cancellationToken);
            if (left.Count == 0)
            {
                break;
            }

            if (policy.Retry?.Delay(retry, time.GetElapsedTime(started), Random.Shared) is not { } delay)
            {
                Log.Exhausted(logger, left.Count, subscription.PubsubName, subscription.Topic, retry + 1, subscription.DeadLetterTopic);
                dead.AddRange(left.Select(e => e.Message));
                break;
            }

            await Task.Delay(delay, time, stopping);
        }

        return await DeadLetterAsync(dead, cancellationToken);
    }

    /// <summary>One attempt: takes from <paramref name="left"/> what need not be tried again.</summary>
    private async Task AttemptAsync(string bulkId, List<DeliveryEntry> left, List<BrokerMessage> dead, CancellationToken cancellationToken)
    {
        stopping.ThrowIfCancellationRequested();
        SetAttemptStarted(left, time.GetTimestamp());
        try
        {
            using var timeout = policy.Timeout is { } limit ? new CancellationTokenSource(limit, time) : new CancellationTokenSource();
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
            using var request = subscription.Bulk is null
                ? DeliveryRequest.Single(app, subscription, left[0])
                : DeliveryRequest.Bulk(app, subscription, bulkId, left);
            using var response = await app.SendAsync(request, either.Token);
            var body = await response.Content.ReadAsByteArrayAsync(either.Token);
            SetAttemptStarted(left, 0);
            Apply((int)response.StatusCode, body, left, dead);
        }
        catch (HttpRequestException exception)
        {
            Log.AttemptFailed(logger, subscription.Topic, subscription.Route, exception.Message);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            Log.AttemptFailed(logger, subscription.Topic, subscription.Route, "the timeout of the resiliency policy");
        }
        finally
        {
            SetAttemptStarted(left, 0);
        }
    }

    private void Apply(int status, byte[] body, List<DeliveryEntry> left, List<BrokerMessage> dead)
    {
        if (subscription.Bulk is null)
        {
            var outcome = DeliveryReply.Single(status, body);
            if (outcome is DeliveryOutcome.Drop)
            {
                dead.Add(left[0].Message);
            }

            if (outcome is not DeliveryOutcome.Retry)
            {
                left.Clear();
                return;
            }
        }
        else if (status == 404)
        {
            // A 404 settles a bulk, and none of it goes to the dead letter.
            left.Clear();
            return;
        }
        else if (status is >= 200 and <= 299 && DeliveryReply.Bulk(body) is { } outcomes)
        {
            left.RemoveAll(entry =>
            {
                var outcome = outcomes.GetValueOrDefault(entry.EntryId, DeliveryOutcome.Retry);
                if (outcome is DeliveryOutcome.Drop)
                {
                    dead.Add(entry.Message);
                }

                return outcome is not DeliveryOutcome.Retry;
            });
        }

        if (left.Count > 0)
        {
            Log.Refused(logger, left.Count, subscription.Topic, subscription.Route, status);
        }
    }

    private async Task<bool> DeadLetterAsync(List<BrokerMessage> dead, CancellationToken cancellationToken)
    {
        if (subscription.DeadLetterTopic.Length == 0)
        {
            if (dead.Count > 0)
            {
                Log.Lost(logger, dead.Count, subscription.PubsubName, subscription.Topic);
            }

            return true;
        }

        try
        {
            foreach (var message in dead)
            {
                await broker.PublishAsync(
                    subscription.DeadLetterTopic, new OutgoingMessage(message.Data, message.Metadata), cancellationToken);
            }

            return true;
        }
        catch (BrokerException exception)
        {
            Log.NotDeadLettered(logger, subscription.PubsubName, subscription.Topic, subscription.DeadLetterTopic, exception.Message);
            return false;
        }
    }

    private static void SetAttemptStarted(List<DeliveryEntry> entries, long timestamp)
    {
        foreach (var entry in entries)
        {
            entry.Message.AttemptStarted = timestamp;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "An event of {Pubsub}/{Topic} cannot be delivered: {Reason}")]
        public static partial void NotDeliverable(ILogger logger, string pubsub, string topic, string? reason);

        [LoggerMessage(LogLevel.Warning, "Delivering {Topic} to {Route} failed: {Reason}")]
        public static partial void AttemptFailed(ILogger logger, string topic, string route, string reason);

        [LoggerMessage(LogLevel.Warning, "{Count} events of {Topic} are to be retried: {Route} answered {Status}")]
        public static partial void Refused(ILogger logger, int count, string topic, string route, int status);

        [LoggerMessage(LogLevel.Warning, "{Count} events of {Pubsub}/{Topic} failed after {Attempts} attempts; dead letter topic: '{DeadLetter}'")]
        public static partial void Exhausted(ILogger logger, int count, string pubsub, string topic, int attempts, string deadLetter);

        [LoggerMessage(LogLevel.Error, "{Count} events of {Pubsub}/{Topic} are lost: the subscription has no dead letter topic")]
        public static partial void Lost(ILogger logger, int count, string pubsub, string topic);

        [LoggerMessage(LogLevel.Error, "An event of {Pubsub}/{Topic} could not be sent to {DeadLetter}, it stays pending: {Reason}")]
        public static partial void NotDeadLettered(ILogger logger, string pubsub, string topic, string deadLetter, string reason);
    }
}
