using System.IO.Hashing;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using FeatureStore.Dapr;
using FeatureStore.FeatureApi.Resident;
using FeatureStore.FeatureApi.Serving;
using FeatureStore.Hosting.Bodies;
using FeatureStore.Hosting.Errors;
using FeatureStore.Model;

namespace FeatureStore.FeatureApi.Streaming;

/// <summary>One caller's stream: what a <c>GET</c> answers now, and again whenever that is something else.</summary>
/// <remarks>
/// A change wakes the stream and the stream reads, as any other caller does. So an event is never older than what the same replica
/// answers, and changes that come while one event is on its way become a single one: nothing queues up.
/// </remarks>
internal sealed class FeatureStream(HttpContext context, FeatureQuery query, EventStreams streams) : IDisposable
{
    private const string SnapshotType = "snapshot";
    private const string ChangeType = "change";
    private const string HeartbeatType = "heartbeat";
    private const string EndedType = "ended";

    /// <summary>When a read has failed, it is tried again after this long.</summary>
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _time = streams.Time;
    private readonly SemaphoreSlim _wake = new(0);
    private readonly TaskCompletionSource _stuck = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private FeatureQuery _query = query;
    private StreamEnd? _end;
    private UInt128 _shown;
    private long _provedAt;
    private long _nextReadAt;
    private long _heartbeatAt;
    private int _isWoken;
    private int _isChanged;
    private bool _isKept;
    private bool _isBehind;

    // Looked at from outside.
    private int _generation;
    private long _dueAt = long.MaxValue;
    private long _writingSince = long.MaxValue;

    /// <summary>Completes when an event has not been received for too long.</summary>
    public Task Stuck => _stuck.Task;

    /// <summary>Why it ends; null while it does not.</summary>
    public StreamEnd? Ends => Volatile.Read(ref _end);

    /// <summary>One of its rows has changed.</summary>
    public void Changed()
    {
        Volatile.Write(ref _isChanged, 1);
        Wake();
    }

    /// <summary>Has it end, with its next event.</summary>
    public void End(StreamEnd end)
    {
        Interlocked.CompareExchange(ref _end, end, null);
        Wake();
    }

    /// <summary>Sees whether anything is due.</summary>
    public void Look(long now, int generation, AppliedRegistry? applied)
    {
        if (now >= Volatile.Read(ref _dueAt) || generation != Volatile.Read(ref _generation) || !ReferenceEquals(applied, Volatile.Read(ref _query).Applied))
        {
            Wake();
        }

        // What ends is not waited for.
        if (now - (Ends is null ? streams.WriteTicks : streams.EndTicks) > Volatile.Read(ref _writingSince))
        {
            _stuck.TrySetResult();
        }
    }

    /// <summary>The events. Whoever asks for one has taken the one before.</summary>
    /// <param name="first">What the stream begins with: a first read that succeeded.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async IAsyncEnumerable<SseItem<PooledBuffer>> EventsAsync(PooledBuffer first, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using (first)
        {
            yield return Item(first, SnapshotType, streams.NextReconnection());
        }

        // How old that may be is said at once.
        Wake();
        while (true)
        {
            Arrived();
            await _wake.WaitAsync(cancellationToken);
            // Not only written: what is looked at next must not be looked at before.
            Interlocked.Exchange(ref _isWoken, 0);
            FollowRegistry();
            if (Ends is { } end)
            {
                using var last = new PooledBuffer(256);
                end.Write(last);
                yield return Item(last, EndedType);
                yield break;
            }

            if (Interlocked.Exchange(ref _isChanged, 0) == 1 || _time.GetTimestamp() >= _nextReadAt || _generation != streams.Currency.Generation)
            {
                using var body = await TryReadAsync(cancellationToken);
                if (body is not null)
                {
                    yield return Item(body, ChangeType);
                    Arrived();
                }
            }

            if (_time.GetTimestamp() >= _heartbeatAt)
            {
                using var heartbeat = new PooledBuffer(64);
                WriteStaleness(heartbeat);
                _heartbeatAt = _time.GetTimestamp() + streams.HeartbeatTicks;
                yield return Item(heartbeat, HeartbeatType);
            }
        }
    }

    /// <summary>Reads for the first time.</summary>
    /// <exception cref="StateStoreException">The rows could not be read.</exception>
    /// <exception cref="StoredRowFormatException">What lies there is no row.</exception>
    public async Task<PooledBuffer> BeginAsync(CancellationToken cancellationToken)
    {
        streams.Hub.Watch(this, _query.StateKeys);
        return (await ReadAsync(cancellationToken))!;
    }

    public void Dispose()
    {
        streams.Hub.Unwatch(this, _query.StateKeys);
        _wake.Dispose();
    }

    private void Wake()
    {
        if (Interlocked.Exchange(ref _isWoken, 1) == 0)
        {
            try
            {
                _wake.Release();
            }
            catch (ObjectDisposedException)
            {
                // It has just ended.
            }
        }
    }

    private SseItem<PooledBuffer> Item(PooledBuffer body, string type, TimeSpan? reconnection = null)
    {
        streams.Metrics.Event(type);
        Volatile.Write(ref _writingSince, _time.GetTimestamp());
        return new SseItem<PooledBuffer>(body, type) { ReconnectionInterval = reconnection };
    }

    private void Arrived()
    {
        Volatile.Write(ref _writingSince, long.MaxValue);
        Volatile.Write(ref _dueAt, Math.Min(_heartbeatAt, _nextReadAt));
    }

    /// <summary>Asks by the registry that is applied now.</summary>
    private void FollowRegistry()
    {
        if (streams.Registry.Current is not { } applied || ReferenceEquals(applied, _query.Applied))
        {
            return;
        }

        var faults = new List<Fault>();
        if (FeatureQuery.Read(context, applied, faults) is not { } query)
        {
            End(new StreamEnd("registry", string.Join(' ', faults.Select(fault => fault.Detail))));
            return;
        }

        streams.Hub.Unwatch(this, _query.StateKeys);
        Volatile.Write(ref _query, query);
        streams.Hub.Watch(this, query.StateKeys);
        Volatile.Write(ref _isChanged, 1);
    }

    /// <summary>Reads once more.</summary>
    /// <returns>What is to be shown; null if it is what was shown last, or could not be read. Then its age tells.</returns>
    private async Task<PooledBuffer?> TryReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await ReadAsync(cancellationToken);
        }
        catch (Exception e) when (e is StateStoreException or StoredRowFormatException)
        {
            _isBehind = true;
            // Else it would be read at every look for as long as the store is away.
            Volatile.Write(ref _generation, streams.Currency.Generation);
            _nextReadAt = _time.GetTimestamp() + streams.Ticks(RetryInterval * (1 + Random.Shared.NextDouble()));
            return null;
        }
    }

    private async Task<PooledBuffer?> ReadAsync(CancellationToken cancellationToken)
    {
        // All before the read: what comes during it is seen the next time.
        var generation = streams.Currency.Generation;
        var started = _time.GetTimestamp();
        var wasKept = IsKeptCurrent;
        var proved = streams.Currency.IsCurrent && streams.Currency.Staleness is { } staleness ? started - streams.Ticks(staleness) : started;
        var documents = await streams.Reader.ReadAsync(_query, cancellationToken);
        var features = streams.Reader.TakeApart(_query, documents, out var now);
        Volatile.Write(ref _generation, generation);
        (_provedAt, _isKept, _isBehind) = (proved, wasKept && IsKeptCurrent, false);
        _nextReadAt = Math.Min(
            _isKept ? long.MaxValue : started + streams.PollTicks,
            features.Min(feature => feature.Value.IsLive && feature.Value.Expiry != Timestamp.Never ? TicksUntil(feature.Value.Expiry, now) : (long?)null) ?? long.MaxValue);

        // The age of a value is no reason to show it again.
        using var timeless = new PooledBuffer(1024);
        FeatureReply.Write(timeless, _query, features, new Timestamp(0));
        var shown = XxHash128.HashToUInt128(timeless.Written.Span);
        if (shown == _shown)
        {
            return null;
        }

        _shown = shown;
        var body = new PooledBuffer(timeless.Written.Length + 256);
        FeatureReply.Write(body, _query, features, now);
        return body;
    }

    private long TicksUntil(Timestamp expiry, Timestamp now) =>
        _time.GetTimestamp() + streams.Ticks(TimeSpan.FromMicroseconds(Math.Max(0, expiry.Microseconds - now.Microseconds)));

    /// <summary>Whether nothing can change without the stream being woken.</summary>
    private bool IsKeptCurrent => streams.Currency.IsCurrent && _query.StateKeys.All(streams.Views.Contains);

    /// <summary>How much older than the last acknowledged write what was shown may be, as far as this replica knows.</summary>
    private void WriteStaleness(PooledBuffer output)
    {
        // First, as what is asked next may change meanwhile: then it is not this that counts.
        var proved = streams.Currency.Staleness;
        var isShown = _isKept && !_isBehind && IsKeptCurrent && _generation == streams.Currency.Generation
            && _nextReadAt > _time.GetTimestamp() && Volatile.Read(ref _isChanged) == 0;
        var staleness = isShown && proved is { } known ? known : _time.GetElapsedTime(_provedAt);
        using var json = new Utf8JsonWriter(output, ReplyJson.Options);
        json.WriteStartObject();
        json.WriteNumber("staleness_seconds"u8, Math.Round(staleness.TotalSeconds, 3));
        json.WriteEndObject();
    }
}
