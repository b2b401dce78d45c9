using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace FeatureStore.DevSidecar.PubSub;

/// <summary>
/// Hands out queued messages, singly or in bulks, with at most <c>concurrency</c> of them in hands at a time; so no bulk
/// is larger than that, whatever the subscription asks. As in daprd one bulk is in hands at a time: while it is retried, what
/// comes after it waits.
/// </summary>
internal sealed partial class MessagePump : ISubscription
{
    private readonly Channel<BrokerMessage> _queue;
    private readonly DeliverySettings _settings;
    private readonly MessageHandler _handler;
    private readonly Func<IReadOnlyList<BrokerMessage>, bool, ValueTask> _finished;
    private readonly SemaphoreSlim _slots;
    private readonly int _concurrency;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _givingUp = new();
    private readonly Task _running;
    private int _inHands;

    /// <param name="queue">What the broker has read and not handed out.</param>
    /// <param name="settings">Singly or in bulks.</param>
    /// <param name="concurrency">How many messages may be in hands at a time.</param>
    /// <param name="handler">Delivers them.</param>
    /// <param name="finished">Told of messages that are no longer in hands, and whether they are settled.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">The log.</param>
    public MessagePump(
        Channel<BrokerMessage> queue,
        DeliverySettings settings,
        int concurrency,
        MessageHandler handler,
        Func<IReadOnlyList<BrokerMessage>, bool, ValueTask> finished,
        TimeProvider time,
        ILogger logger)
    {
        _queue = queue;
        _settings = settings;
        _handler = handler;
        _finished = finished;
        _concurrency = Math.Max(1, concurrency);
        _slots = new SemaphoreSlim(_concurrency, _concurrency);
        _time = time;
        _logger = logger;
        _running = Task.Run(RunAsync);
    }

    public async Task<int> StopAsync(CancellationToken giveUp)
    {
        await _stopping.CancelAsync();
        await _running;
        var free = 0;
        try
        {
            while (free < _concurrency)
            {
                await _slots.WaitAsync(giveUp);
                free++;
            }
        }
        catch (OperationCanceledException)
        {
            var left = Volatile.Read(ref _inHands);
            await _givingUp.CancelAsync();
            return left;
        }

        return 0;
    }

    private async Task RunAsync()
    {
        try
        {
            while (await _queue.Reader.WaitToReadAsync(_stopping.Token))
            {
                await _slots.WaitAsync(_stopping.Token);
                if (!_queue.Reader.TryRead(out var first))
                {
                    _slots.Release();
                    continue;
                }

                var messages = new List<BrokerMessage> { first };
                if (_settings.Bulk is { } bulk)
                {
                    await GatherAsync(messages, bulk.MaxMessagesCount, bulk.MaxAwaitDuration);
                }

                Interlocked.Add(ref _inHands, messages.Count);
                var handling = Task.Run(() => HandleAsync(messages), CancellationToken.None);
                if (_settings.Bulk is not null)
                {
                    await handling.WaitAsync(_stopping.Token);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping: what is still queued stays with the broker.
        }
    }

    private async Task GatherAsync(List<BrokerMessage> messages, int atMost, TimeSpan maxAwait)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        using var timer = _time.CreateTimer(_ => Cancel(waiting), null, maxAwait, Timeout.InfiniteTimeSpan);
        try
        {
            while (messages.Count < Math.Min(atMost, _concurrency) && await _queue.Reader.WaitToReadAsync(waiting.Token))
            {
                await _slots.WaitAsync(waiting.Token);
                if (_queue.Reader.TryRead(out var message))
                {
                    messages.Add(message);
                }
                else
                {
                    _slots.Release();
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The wait is over: what has come goes out.
        }
    }

    private static void Cancel(CancellationTokenSource source)
    {
        try
        {
            source.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The bulk was full before the wait was over.
        }
    }

    private async Task HandleAsync(IReadOnlyList<BrokerMessage> messages)
    {
        var settled = false;
        try
        {
            settled = await _handler(messages, _givingUp.Token);
        }
        catch (OperationCanceledException)
        {
            // Given up at shutdown: the broker keeps them.
        }
        catch (Exception exception)
        {
            Log.HandlerFailed(_logger, exception);
        }

        try
        {
            await _finished(messages, settled);
        }
        catch (Exception exception)
        {
            Log.NotFinished(_logger, exception);
        }
        finally
        {
            Interlocked.Add(ref _inHands, -messages.Count);
            _slots.Release(messages.Count);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "Delivering failed unexpectedly; the messages stay pending")]
        public static partial void HandlerFailed(ILogger logger, Exception exception);

        [LoggerMessage(LogLevel.Warning, "Messages could not be acknowledged; they will be delivered again")]
        public static partial void NotFinished(ILogger logger, Exception exception);
    }
}
