using System.Text.Json;
using FeatureStore.DevSidecar.Json;
using FeatureStore.DevSidecar.Resources;

namespace FeatureStore.DevSidecar.PubSub;

/// <summary>What the publish API does whatever the protocol: finds the broker, wraps the data, words errors.</summary>
internal sealed class Publisher(string appId, IReadOnlyDictionary<string, NamedBroker> brokers, TimeProvider time)
{
    private readonly CloudEventEnvelope _envelope = new(appId, time);

    public IReadOnlyDictionary<string, NamedBroker> Brokers => brokers;

    /// <summary>The broker, if the app may publish the topic on it.</summary>
    public NamedBroker Find(string pubsub, string topic)
    {
        if (pubsub.Length == 0)
        {
            throw PublishErrors.NameEmpty();
        }

        if (!brokers.TryGetValue(pubsub, out var broker))
        {
            throw PublishErrors.NotFound(pubsub);
        }

        if (topic.Length == 0)
        {
            throw PublishErrors.TopicEmpty(pubsub);
        }

        return broker.Scopes.MayPublish(topic) ? broker : throw PublishErrors.Forbidden(pubsub, topic, appId);
    }

    public async Task PublishAsync(
        NamedBroker broker,
        string topic,
        ReadOnlyMemory<byte> data,
        string contentType,
        IReadOnlyDictionary<string, string> metadata,
        TraceContext trace,
        CancellationToken cancellationToken)
    {
        var wrapped = Wrap(broker.Name, topic, data, contentType, metadata, trace);
        try
        {
            await broker.Broker.PublishAsync(topic, new OutgoingMessage(wrapped, metadata), cancellationToken);
        }
        catch (BrokerException exception)
        {
            throw PublishErrors.Failed(broker.Name, topic, exception.Message);
        }
    }

    /// <summary>Publishes each entry for itself; returns the ids of those that failed and why.</summary>
    public async Task<IReadOnlyList<(string EntryId, string Error)>> PublishBulkAsync(
        NamedBroker broker,
        string topic,
        IReadOnlyList<BulkEntry> entries,
        IReadOnlyDictionary<string, string> requestMetadata,
        TraceContext trace,
        CancellationToken cancellationToken)
    {
        var ids = new HashSet<string>(StringComparer.Ordinal);
        foreach (var entry in entries)
        {
            if (entry.EntryId.Length == 0 || !ids.Add(entry.EntryId))
            {
                throw PublishErrors.EntryId(broker.Name, topic, appId);
            }
        }

        // Everything is wrapped before anything is sent: one broken entry fails the request.
        var messages = new OutgoingMessage[entries.Count];
        for (var i = 0; i < messages.Length; i++)
        {
            var entry = entries[i];
            var metadata = Merge(requestMetadata, entry.Metadata);
            messages[i] = new(
                Wrap(broker.Name, topic, entry.Data, entry.ContentType, metadata, trace), entry.Metadata is { Count: > 0 } ? entry.Metadata : null);
        }

        var pending = new Task<string?>[messages.Length];
        for (var i = 0; i < messages.Length; i++)
        {
            pending[i] = PublishEntryAsync(broker, topic, messages[i], cancellationToken);
        }

        var failed = new List<(string, string)>();
        for (var i = 0; i < pending.Length; i++)
        {
            if (await pending[i] is { } error)
            {
                failed.Add((entries[i].EntryId, error));
            }
        }

        return failed;
    }

    private static async Task<string?> PublishEntryAsync(NamedBroker broker, string topic, OutgoingMessage message, CancellationToken cancellationToken)
    {
        try
        {
            await broker.Broker.PublishAsync(topic, message, cancellationToken);
            return null;
        }
        catch (BrokerException exception)
        {
            return exception.Message;
        }
    }

    private static IReadOnlyDictionary<string, string> Merge(
        IReadOnlyDictionary<string, string> request, IReadOnlyDictionary<string, string>? entry)
    {
        if (entry is not { Count: > 0 })
        {
            return request;
        }

        var merged = new Dictionary<string, string>(request);
        foreach (var (name, value) in entry)
        {
            merged[name] = value;
        }

        return merged;
    }

    private ReadOnlyMemory<byte> Wrap(
        string pubsub, string topic, ReadOnlyMemory<byte> data, string contentType, IReadOnlyDictionary<string, string> metadata, TraceContext trace)
    {
        if (SubscriptionReader.IsRaw(metadata))
        {
            return data;
        }

        try
        {
            return _envelope.Wrap(pubsub, topic, data, contentType, metadata, trace);
        }
        catch (Exception exception) when (exception is JsonException or FormatException)
        {
            throw PublishErrors.CloudEvent(pubsub, appId, GoJsonError.Text(exception, data.Span));
        }
    }
}
