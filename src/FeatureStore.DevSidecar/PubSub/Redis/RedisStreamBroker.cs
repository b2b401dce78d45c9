using System.Buffers;
using System.Globalization;
using FeatureStore.DevSidecar.Json;
using FeatureStore.DevSidecar.Redis;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace FeatureStore.DevSidecar.PubSub.Redis;

/// <summary><c>pubsub.redis</c>: a stream per topic, a consumer group per app, in daprd's layout.</summary>
internal sealed class RedisStreamBroker(
    string component,
    RedisSettings settings,
    RedisStreamOptions options,
    ConnectionMultiplexer connection,
    TimeProvider time,
    ILogger<RedisStreamBroker> logger) : IBroker
{
    private const int Retries = 3;
    private static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(200);

    private readonly IDatabase _database = connection.GetDatabase();

    public IReadOnlyList<string> Capabilities => [];

    public async Task PublishAsync(string topic, OutgoingMessage message, CancellationToken cancellationToken)
    {
        var arguments = new List<object>(8) { (RedisKey)topic };
        if (options.MaxLenApprox is > 0)
        {
            arguments.AddRange(["MAXLEN", "~", options.MaxLenApprox.Value]);
        }
        else if (options.StreamTtl > TimeSpan.Zero)
        {
            var oldest = (time.GetUtcNow() - options.StreamTtl).ToUnixTimeMilliseconds();
            arguments.AddRange(["MINID", "~", oldest.ToString(CultureInfo.InvariantCulture)]);
        }

        arguments.AddRange(["*", "data", (RedisValue)message.Data]);
        if (message.Metadata is { } metadata)
        {
            arguments.AddRange(["metadata", (RedisValue)Text(metadata)]);
        }

        for (var retry = 0; ; retry++)
        {
            try
            {
                await _database.ExecuteAsync("XADD", arguments).WaitAsync(cancellationToken);
                return;
            }
            catch (RedisConnectionException) when (retry < Retries)
            {
                // As daprd's client does. All entries share one connection here, and what broke it may have been another.
                await Task.Delay(RetryInterval, time, cancellationToken);
            }
            catch (Exception exception) when (exception is RedisException or TimeoutException)
            {
                throw new BrokerException("redis streams: error from publish: " + exception.Message, exception);
            }
        }
    }

    public async Task<ISubscription> SubscribeAsync(
        string topic, DeliverySettings delivery, MessageHandler handler, CancellationToken cancellationToken)
    {
        // A blocking read holds up its connection, so every topic has one of its own.
        var reading = await settings.ConnectAsync(component, cancellationToken, RedisStreamSubscription.ReadTimeoutMilliseconds);
        return new RedisStreamSubscription(topic, options, reading, _database, delivery, handler, time, logger);
    }

    public ValueTask DisposeAsync() => connection.DisposeAsync();

    private static byte[] Text(IReadOnlyDictionary<string, string> metadata)
    {
        if (metadata.Count == 0)
        {
            return "{}"u8.ToArray();
        }

        var output = new ArrayBufferWriter<byte>();
        new GoJsonWriter(output).Map(metadata);
        return output.WrittenSpan.ToArray();
    }
}
