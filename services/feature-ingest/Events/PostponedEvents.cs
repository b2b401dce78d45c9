using FeatureStore.Dapr;

namespace FeatureStore.FeatureIngest.Events;

/// <summary>
/// Puts events whose rows cannot be stored for some seconds back at the end of their topic. A sidecar delivers nothing else while
/// a delivery waits, and the merge rule makes the order in which events are taken irrelevant.
/// </summary>
internal sealed partial class PostponedEvents(EventPublisher publisher, SidecarOptions sidecar, TimeProvider time, ILogger<PostponedEvents> logger)
{
    /// <summary>How long a delivery of nothing else is held: an event that is alone in its topic comes back at once.</summary>
    private static readonly TimeSpan LongestHold = TimeSpan.FromMilliseconds(250);

    /// <summary>Publishes events again, as they came.</summary>
    /// <param name="events">The events.</param>
    /// <param name="delivered">How many events were delivered with them, themselves included.</param>
    /// <returns>For each event whether it is back in the topic; where it is not, it is to be delivered again.</returns>
    public async Task<bool[]> PutBackAsync(IReadOnlyList<PostponedEvent> events, int delivered)
    {
        if (events.Count == 0)
        {
            return [];
        }

        if (events.Count == delivered)
        {
            var least = events.Min(postponed => postponed.Delay);
            await Task.Delay(least > LongestHold ? LongestHold : least < TimeSpan.Zero ? TimeSpan.Zero : least, time);
        }

        return await Task.WhenAll(events.Select(PutBackAsync));
    }

    private async Task<bool> PutBackAsync(PostponedEvent postponed)
    {
        try
        {
            await publisher.PublishRawAsync(sidecar.PubSub, EventEndpoints.Topic, postponed.Delivered.Payload, CancellationToken.None);
            Log.PutBack(logger, postponed.Id, postponed.Delay);
            return true;
        }
        catch (PublishException e)
        {
            Log.NotPutBack(logger, postponed.Id, e.Message);
            return false;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Debug, "Event {Id} is put back at the end of its topic: a row of it can be stored in {Delay}")]
        public static partial void PutBack(ILogger logger, string id, TimeSpan delay);

        [LoggerMessage(2, LogLevel.Warning, "Event {Id} is to be delivered again: {Reason}")]
        public static partial void NotPutBack(ILogger logger, string id, string reason);
    }
}
