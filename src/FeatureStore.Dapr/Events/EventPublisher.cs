using Dapr.Client.Autogen.Grpc.v1;
using Google.Protobuf;
using Grpc.Core;

namespace FeatureStore.Dapr;

/// <summary>Publishes events through the sidecar by gRPC, which keeps the digits of numbers as HTTP bulk publishing does not.</summary>
public sealed class EventPublisher(SidecarConnection connection, TimeProvider time)
{
    private readonly SidecarOptions _options = connection.Options;

    /// <summary>Publishes JSON events to a topic, in as many messages as their size takes.</summary>
    /// <param name="pubsub">The name of the pub/sub component.</param>
    /// <param name="topic">The topic.</param>
    /// <param name="events">The JSON text of each event's data.</param>
    /// <param name="cancellationToken">Gives up; what was published by then stays published.</param>
    /// <exception cref="PublishException">Not all events were accepted. Which were is not known.</exception>
    public async Task PublishAsync(string pubsub, string topic, IReadOnlyList<ReadOnlyMemory<byte>> events, CancellationToken cancellationToken)
    {
        for (var next = 0; next < events.Count;)
        {
            var request = new BulkPublishRequest { PubsubName = pubsub, Topic = topic };
            var bytes = 0;
            do
            {
                request.Entries.Add(new BulkPublishRequestEntry
                {
                    EntryId = request.Entries.Count.ToString(System.Globalization.CultureInfo.InvariantCulture),
                    Event = UnsafeByteOperations.UnsafeWrap(events[next]),
                    ContentType = "application/json",
                });
                bytes += events[next++].Length + 128;
            }
            while (next < events.Count && bytes + events[next].Length <= _options.MaxMessageBytes);

            await SendAsync(request, cancellationToken);
        }
    }

    /// <summary>Publishes one event as it is, in no CloudEvent.</summary>
    /// <param name="pubsub">The name of the pub/sub component.</param>
    /// <param name="topic">The topic.</param>
    /// <param name="payload">The bytes for the broker. At most <see cref="SidecarOptions.MaxMessageBytes"/>.</param>
    /// <param name="cancellationToken">Gives up; the event may be published all the same.</param>
    /// <exception cref="PublishException">The event was not accepted, or whether it was is not known.</exception>
    public async Task PublishRawAsync(string pubsub, string topic, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        var request = new PublishEventRequest
        {
            PubsubName = pubsub,
            Topic = topic,
            Data = UnsafeByteOperations.UnsafeWrap(payload),
            Metadata = { ["rawPayload"] = "true" },
        };
        try
        {
            await connection.Grpc.PublishEventAsync(request, Call(cancellationToken));
        }
        catch (RpcException e)
        {
            throw Failure(e, pubsub, topic, cancellationToken);
        }
    }

    private async Task SendAsync(BulkPublishRequest request, CancellationToken cancellationToken)
    {
        try
        {
            var reply = await connection.Grpc.BulkPublishEventAsync(request, Call(cancellationToken));
            if (reply.FailedEntries.Count > 0)
            {
                throw new PublishException(
                    $"{reply.FailedEntries.Count} of {request.Entries.Count} events for topic '{request.Topic}' were not accepted: {reply.FailedEntries[0].Error}");
            }
        }
        catch (RpcException e)
        {
            throw Failure(e, request.PubsubName, request.Topic, cancellationToken);
        }
    }

    private CallOptions Call(CancellationToken cancellationToken) =>
        new(connection.Headers, (time.GetUtcNow() + _options.PublishTimeout).UtcDateTime, cancellationToken);

    private static PublishException Failure(RpcException e, string pubsub, string topic, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new PublishException($"Topic '{topic}' of '{pubsub}' did not accept events: {e.Status.Detail}", e);
    }
}
