using System.Collections.Concurrent;
using System.Globalization;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace FeatureStore.DevSidecar.PubSub.Sqlite;

/// <summary>Claims events of one topic as a member of its consumer group, and settles what was delivered.</summary>
internal sealed partial class SqliteSubscription : ISubscription
{
    private const int LargestClaim = 1000;
    private static readonly TimeSpan PauseAfterError = TimeSpan.FromMilliseconds(500);

    private readonly EventFile _file;
    private readonly SqliteEventOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Channel<BrokerMessage> _queue;
    private readonly Channel<byte> _wake = Channel.CreateBounded<byte>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly ConcurrentDictionary<long, BrokerMessage> _held = new();
    private readonly MessagePump _pump;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _running;
    private readonly ITimer[] _timers;
    private GroupMember _member;
    private int _renewing;

    public SqliteSubscription(
        EventFile file,
        GroupMember member,
        SqliteEventOptions options,
        DeliverySettings delivery,
        MessageHandler handler,
        TimeProvider time,
        ILogger logger)
    {
        _file = file;
        _member = member;
        _options = options;
        _time = time;
        _logger = logger;
        _queue = Channel.CreateBounded<BrokerMessage>(options.QueueDepth);
        _pump = new MessagePump(_queue, delivery, options.Concurrency, handler, FinishedAsync, time, logger);
        _timers = options.Redelivers
            ? [
                time.CreateTimer(_ => Wake(), null, options.RedeliverInterval, options.RedeliverInterval),
                time.CreateTimer(_ => _ = RenewAsync(), null, options.ProcessingTimeout / 3, options.ProcessingTimeout / 3),
            ]
            : [];
        file.Watch(this, member.Topic);
        _running = Task.Run(ReadAsync);
    }

    private TimeSpan? Duration => _options.Redelivers ? _options.ProcessingTimeout : null;

    /// <summary>There may be something to claim.</summary>
    public void Wake() => _wake.Writer.TryWrite(0);

    public async Task<int> StopAsync(CancellationToken giveUp)
    {
        await _stopping.CancelAsync();
        var left = await _pump.StopAsync(giveUp);
        await _running;
        _file.Unwatch(this);
        foreach (var timer in _timers)
        {
            await timer.DisposeAsync();
        }

        try
        {
            await _file.RunAsync(tables => tables.Maintenance.Leave(_member), EventWork.ThatMayBeLost, CancellationToken.None);
            _file.WakeAll();
        }
        catch (EventFileException exception)
        {
            // Its claims run out, or are freed when the process has ended.
            Log.NotLeft(_logger, _member.Topic, exception.Message);
        }

        return left;
    }

    private async Task ReadAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                await _queue.Writer.WaitToWriteAsync(_stopping.Token);

                // Before the claim: what is published during it wakes the next one.
                _wake.Reader.TryRead(out _);
                if (!await ClaimAsync(Math.Min(_options.QueueDepth - _queue.Reader.Count, LargestClaim)))
                {
                    await _wake.Reader.WaitToReadAsync(_stopping.Token);
                }
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception exception)
            {
                // Whatever it was, a reader that ended would be silent.
                Log.ReadFailed(_logger, _member.Topic, exception.Message);
                await PauseAsync();
            }
        }
    }

    /// <summary>Queues what can be claimed; false when there is nothing.</summary>
    private async Task<bool> ClaimAsync(int count)
    {
        var claimed = await _file.RunAsync(
            tables => tables.Claim(_member, count, Duration, IsHeldAndNotOverdue), EventWork.ThatMayBeLost, CancellationToken.None);
        if (claimed is null)
        {
            // Someone has emptied the tables.
            _member = await _file.RunAsync(
                tables => tables.Join(_member.Topic, _options.ConsumerGroup, _options.IsOfOneProcess, _file.MarkProcess()),
                EventWork.ThatMayBeLost,
                CancellationToken.None);
            return true;
        }

        foreach (var (id, data, metadata) in claimed)
        {
            var message = new BrokerMessage(id.ToString(CultureInfo.InvariantCulture), data, metadata);
            _held[id] = message;
            await _queue.Writer.WriteAsync(message, _stopping.Token);
        }

        return claimed.Count > 0;
    }

    /// <summary>
    /// An event that waits here, for its turn or for its next attempt, is not delivered twice; one that the app works on
    /// for longer than the processing timeout is.
    /// </summary>
    private bool IsHeldAndNotOverdue(long id) => _held.TryGetValue(id, out var message) && !IsOverdue(message);

    private bool IsOverdue(BrokerMessage message) =>
        message.AttemptStarted is not 0 and var started && _time.GetElapsedTime(started) >= _options.ProcessingTimeout;

    private async Task RenewAsync()
    {
        var waiting = _held.Where(held => !IsOverdue(held.Value)).Select(held => held.Key).ToArray();
        if (waiting.Length == 0 || Interlocked.Exchange(ref _renewing, 1) == 1)
        {
            return;
        }

        try
        {
            await _file.RunAsync(
                tables => tables.Renew(_member, waiting, _options.ProcessingTimeout), EventWork.ThatMayBeLost, CancellationToken.None);
        }
        catch (EventFileException exception)
        {
            Log.NotRenewed(_logger, _member.Topic, exception.Message);
        }
        finally
        {
            Volatile.Write(ref _renewing, 0);
        }
    }

    /// <summary>What is not settled keeps its claim, which nobody renews any more: so it pauses before it is delivered again.</summary>
    private async ValueTask FinishedAsync(IReadOnlyList<BrokerMessage> messages, bool settled)
    {
        var ids = messages.Select(message => long.Parse(message.Id, CultureInfo.InvariantCulture)).ToArray();
        try
        {
            for (var attempt = 0; settled && !await TrySettleAsync(ids, attempt); attempt++)
            {
                await PauseAsync();
            }
        }
        finally
        {
            for (var i = 0; i < ids.Length; i++)
            {
                _held.TryRemove(KeyValuePair.Create(ids[i], messages[i]));
            }
        }
    }

    /// <summary>While the file takes nothing, such as on a full disk, what was delivered should not be delivered again for that.</summary>
    private async Task<bool> TrySettleAsync(long[] ids, int attempt)
    {
        try
        {
            await _file.RunAsync(tables => tables.Settle(_member, ids), EventWork.ThatMayBeLost, CancellationToken.None);
            return true;
        }
        catch (EventFileException exception) when (!_stopping.IsCancellationRequested)
        {
            if (attempt == 0)
            {
                Log.NotSettled(_logger, ids.Length, _member.Topic, exception.Message);
            }

            return false;
        }
    }

    private async Task PauseAsync() =>
        await Task.Delay(PauseAfterError, _time, _stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "sqlite: claiming events of {Topic} failed, it is tried again: {Reason}")]
        public static partial void ReadFailed(ILogger logger, string topic, string reason);

        [LoggerMessage(LogLevel.Warning, "sqlite: renewing claims of {Topic} failed, events may be delivered again: {Reason}")]
        public static partial void NotRenewed(ILogger logger, string topic, string reason);

        [LoggerMessage(LogLevel.Warning, "sqlite: {Count} delivered events of {Topic} cannot be removed, it is tried again: {Reason}")]
        public static partial void NotSettled(ILogger logger, int count, string topic, string reason);

        [LoggerMessage(LogLevel.Warning, "sqlite: leaving the group of {Topic} failed: {Reason}")]
        public static partial void NotLeft(ILogger logger, string topic, string reason);
    }
}
