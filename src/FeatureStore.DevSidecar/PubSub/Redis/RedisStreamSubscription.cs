using System.Collections.Concurrent;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace FeatureStore.DevSidecar.PubSub.Redis;

/// <summary>Reads one topic as a member of its consumer group, and claims what members left unacknowledged.</summary>
internal sealed partial class RedisStreamSubscription : ISubscription
{
    /// <summary>How long a read may take, its blocking included.</summary>
    public const int ReadTimeoutMilliseconds = 5000;

    private const int BlockMilliseconds = 250;
    private static readonly TimeSpan PauseAfterError = TimeSpan.FromMilliseconds(500);

    private readonly string _topic;
    private readonly RedisStreamOptions _options;
    private readonly ConnectionMultiplexer _reading;
    private readonly IDatabase _database;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Channel<BrokerMessage> _queue;
    private readonly ConcurrentDictionary<string, BrokerMessage> _held = new();
    private readonly MessagePump _pump;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _running;

    public RedisStreamSubscription(
        string topic,
        RedisStreamOptions options,
        ConnectionMultiplexer reading,
        IDatabase database,
        DeliverySettings delivery,
        MessageHandler handler,
        TimeProvider time,
        ILogger logger)
    {
        _topic = topic;
        _options = options;
        _reading = reading;
        _database = database;
        _time = time;
        _logger = logger;
        _queue = Channel.CreateBounded<BrokerMessage>(Math.Max(1, options.QueueDepth));
        _pump = new MessagePump(_queue, delivery, options.Concurrency, handler, FinishedAsync, time, logger);
        var reclaims = options.ProcessingTimeout > TimeSpan.Zero && options.RedeliverInterval > TimeSpan.Zero;
        _running = Task.WhenAll(Task.Run(ReadAsync), reclaims ? Task.Run(ReclaimAsync) : Task.CompletedTask);
    }

    public async Task<int> StopAsync(CancellationToken giveUp)
    {
        await _stopping.CancelAsync();
        var left = await _pump.StopAsync(giveUp);
        await _running;
        await _reading.DisposeAsync();
        return left;
    }

    private async Task ReadAsync()
    {
        var database = _reading.GetDatabase();
        var count = Math.Clamp(_options.QueueDepth, 1, 1000);
        object[] arguments =
            ["GROUP", _options.ConsumerGroup, _options.Consumer, "COUNT", count, "BLOCK", BlockMilliseconds, "STREAMS", (RedisKey)_topic, ">"];
        var grouped = false;
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                if (!grouped)
                {
                    await CreateGroupAsync(database);
                    grouped = true;
                }

                var reply = await database.ExecuteAsync("XREADGROUP", arguments);
                if (!reply.IsNull)
                {
                    await EnqueueAsync(reply[0][1], claimed: false);
                }
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception exception)
            {
                // Whatever it was, a reader that ended would be silent. A Redis that came back empty has neither stream nor group.
                grouped = false;
                Log.ReadFailed(_logger, _topic, exception.Message);
                await PauseAsync(PauseAfterError);
            }
        }
    }

    private async Task CreateGroupAsync(IDatabase database)
    {
        try
        {
            await database.ExecuteAsync("XGROUP", "CREATE", (RedisKey)_topic, _options.ConsumerGroup, "0", "MKSTREAM");
        }
        catch (RedisServerException exception) when (exception.Message.StartsWith("BUSYGROUP", StringComparison.Ordinal))
        {
            // It goes on where it was.
        }
    }

    /// <summary>The first round runs at once: what an earlier process left is not older than it need be.</summary>
    private async Task ReclaimAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                var minimumIdle = (long)_options.ProcessingTimeout.TotalMilliseconds;
                RedisValue cursor = "0-0";
                do
                {
                    var reply = await _database.ExecuteAsync(
                        "XAUTOCLAIM", (RedisKey)_topic, _options.ConsumerGroup, _options.Consumer, minimumIdle, cursor, "COUNT", 100);
                    cursor = (RedisValue)reply[0];
                    await EnqueueAsync(reply[1], claimed: true);
                }
                while (cursor != "0-0" && !_stopping.IsCancellationRequested);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception exception)
            {
                // NOGROUP at the very start is no news: the reader is about to create it.
                Log.ReclaimFailed(_logger, _topic, exception.Message);
            }

            await PauseAsync(_options.RedeliverInterval);
        }
    }

    private async Task EnqueueAsync(RedisResult entries, bool claimed)
    {
        for (var i = 0; i < entries.Length; i++)
        {
            var entry = entries[i];
            if (entry.IsNull || entry.Length < 2)
            {
                continue;
            }

            var message = Parse(entry);
            if (claimed && IsHeldAndNotOverdue(message.Id))
            {
                continue;
            }

            _held[message.Id] = message;
            await _queue.Writer.WriteAsync(message, _stopping.Token);
        }
    }

    /// <summary>
    /// A message that waits here, for its turn or for its next attempt, is not delivered twice; one that the app works
    /// on for longer than the processing timeout is, as by daprd.
    /// </summary>
    private bool IsHeldAndNotOverdue(string id) =>
        _held.TryGetValue(id, out var held)
        && (held.AttemptStarted == 0 || _time.GetElapsedTime(held.AttemptStarted) < _options.ProcessingTimeout);

    private static BrokerMessage Parse(RedisResult entry)
    {
        ReadOnlyMemory<byte> data = default;
        IReadOnlyDictionary<string, string>? metadata = null;
        var fields = entry[1];
        for (var i = 0; i + 1 < fields.Length; i += 2)
        {
            switch ((string?)fields[i])
            {
                case "data":
                    data = (byte[]?)fields[i + 1];
                    break;
                case "metadata":
                    metadata = ParseMetadata((byte[]?)fields[i + 1]);
                    break;
            }
        }

        return new BrokerMessage((string?)entry[0] ?? "", data, metadata);
    }

    private static Dictionary<string, string>? ParseMetadata(byte[]? json)
    {
        if (json is null)
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize(json, RedisStreamJson.Default.DictionaryStringString);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private async ValueTask FinishedAsync(IReadOnlyList<BrokerMessage> messages, bool settled)
    {
        try
        {
            if (settled)
            {
                await _database.StreamAcknowledgeAsync(
                    _topic, _options.ConsumerGroup, [.. messages.Select(m => (RedisValue)m.Id)]);
            }
        }
        finally
        {
            foreach (var message in messages)
            {
                _held.TryRemove(KeyValuePair.Create(message.Id, message));
            }
        }
    }

    private async Task PauseAsync(TimeSpan pause)
    {
        try
        {
            await Task.Delay(pause, _time, _stopping.Token);
        }
        catch (OperationCanceledException)
        {
            // The loop ends.
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "redis streams: error reading from stream {Topic}: {Reason}")]
        public static partial void ReadFailed(ILogger logger, string topic, string reason);

        [LoggerMessage(LogLevel.Debug, "redis streams: error claiming pending messages of {Topic}: {Reason}")]
        public static partial void ReclaimFailed(ILogger logger, string topic, string reason);
    }
}
