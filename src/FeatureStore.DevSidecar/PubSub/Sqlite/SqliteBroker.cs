using Microsoft.Extensions.Logging;

namespace FeatureStore.DevSidecar.PubSub.Sqlite;

/// <summary>
/// <c>pubsub.sqlite</c>: DevSidecar's own broker for one machine, which daprd does not have. Events are rows of one file
/// that sidecars share, of one process or of many; they are acknowledged once they are on disk.
/// </summary>
/// <remarks>
/// <para>Every consumer group gets every event, its members share them; delivery is at least once and unordered. An event
/// leaves a group when it was delivered or dead-lettered, and the file when all groups of its topic are done with it.</para>
/// <para>A new group starts from the oldest event that is kept, as on Redis Streams from "0"; what the groups before it
/// were all done with is not among them.</para>
/// <para>A member claims what it delivers for the processing timeout and renews the claim while the event waits here. The
/// claims of a process that is gone are free as soon as another process finds that out: at its start, and every second.</para>
/// </remarks>
internal sealed class SqliteBroker(EventFile file, SqliteEventOptions options, TimeProvider time, ILogger<SqliteBroker> logger) : IBroker
{
    public IReadOnlyList<string> Capabilities => [];

    /// <summary>Opens the file, which it creates when there is none.</summary>
    /// <exception cref="Microsoft.Data.Sqlite.SqliteException">It cannot be opened.</exception>
    /// <exception cref="IOException">It cannot be created.</exception>
    public static SqliteBroker Open(SqliteEventOptions options, TimeProvider time, ILogger<SqliteBroker> logger) =>
        new(OpenEventFiles.Acquire(options, time, logger), options, time, logger);

    public async Task PublishAsync(string topic, OutgoingMessage message, CancellationToken cancellationToken)
    {
        // The caller's buffer belongs to its request, which may be cancelled while the event waits for the disk.
        var data = message.Data.ToArray();
        var metadata = EventMetadata.Write(message.Metadata);
        try
        {
            await file.RunAsync(tables => tables.Publish(topic, data, metadata), EventWork.ThatMustLast(data.Length), cancellationToken);
        }
        catch (EventFileException exception)
        {
            throw new BrokerException("sqlite: error from publish: " + exception.Message, exception);
        }
    }

    public async Task<ISubscription> SubscribeAsync(
        string topic, DeliverySettings settings, MessageHandler handler, CancellationToken cancellationToken)
    {
        try
        {
            // Not to be cancelled: it might join all the same, and nobody would leave.
            var member = await file.RunAsync(
                tables => tables.Join(topic, options.ConsumerGroup, options.IsOfOneProcess, file.MarkProcess()),
                EventWork.ThatMayBeLost,
                CancellationToken.None);
            return new SqliteSubscription(file, member, options, settings, handler, time, logger);
        }
        catch (EventFileException exception)
        {
            throw new SidecarConfigurationException(exception.Message, exception);
        }
    }

    public async ValueTask DisposeAsync() => await OpenEventFiles.ReleaseAsync(file);
}
