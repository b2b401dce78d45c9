using FeatureStore.Dapr;
using FeatureStore.FeatureIngest.Events;
using FeatureStore.Hosting.Events;

namespace FeatureStore.FeatureIngest.DeadLetters;

/// <summary>
/// Puts events that can never be taken in into the dead-letter topic, as they came, their reasons noted. A sidecar offers to
/// do so for what is answered <c>DROP</c>, but daprd may send another event of the delivery there, or none at all.
/// </summary>
internal sealed partial class DeadLetterTopic(
    EventPublisher publisher, DropReasons reasons, DeadLetterIngest letters, SidecarOptions sidecar, ILogger<DeadLetterTopic> logger)
{
    /// <summary>The topic, as the subscriptions name it.</summary>
    public const string Name = EventEndpoints.Topic + "-dead-letter";

    /// <summary>Dead-letters events.</summary>
    /// <returns>For each event whether that is done; where it is not, the event is to be delivered again.</returns>
    public async Task<bool[]> SendAsync(IReadOnlyList<DroppedEvent> drops)
    {
        var isSent = new bool[drops.Count];
        // The dead letter itself cannot say why it is one, so that is noted first.
        if (drops.Count == 0 || !await reasons.NoteAsync([.. drops.Select(drop => drop.Reason)]))
        {
            return isSent;
        }

        var large = Enumerable.Range(0, drops.Count).Where(i => drops[i].Delivered.Payload.Length > sidecar.MaxMessageBytes).ToList();
        await Task.WhenAll(Enumerable.Range(0, drops.Count).Except(large).Select(async i => isSent[i] = await PublishAsync(drops[i])));
        if (large.Count > 0)
        {
            // The sidecar would never take them, so they are kept here and now, as much as is kept of anything large.
            var kept = await letters.TakeAsync(large.ConvertAll(i => drops[i].Delivered), CancellationToken.None);
            for (var i = 0; i < kept.Length; i++)
            {
                isSent[large[i]] = kept[i].Status == EventStatus.Success;
            }
        }

        return isSent;
    }

    private async Task<bool> PublishAsync(DroppedEvent drop)
    {
        try
        {
            await publisher.PublishRawAsync(sidecar.PubSub, Name, drop.Delivered.Payload, CancellationToken.None);
            return true;
        }
        catch (PublishException e)
        {
            Log.NotSent(logger, drop.Id, e.Message);
            return false;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Event {Id} is to be delivered again, because it could not be dead-lettered: {Reason}")]
        public static partial void NotSent(ILogger logger, string id, string reason);
    }
}
