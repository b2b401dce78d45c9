using System.Net;
using System.Net.ServerSentEvents;
using System.Text.Json;

namespace FeatureStore.Client;

/// <summary>Keeps one entity's features at hand: opens its stream, and opens it anew whenever it breaks.</summary>
internal sealed class EdgeStream
{
    private const string Snapshot = "snapshot";
    private const string Change = "change";
    private const string Heartbeat = "heartbeat";
    private const string Ended = "ended";

    // More come to more than the longest pause, whatever they begin with.
    private const int MaxDoublings = 15;

    private static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(30);

    private readonly FeatureReads _reads;
    private readonly EdgeOptions _options;
    private readonly TimeProvider _time;

    // Without a timer and linked to nothing: there is nothing to dispose of.
    private readonly CancellationTokenSource _closing = new();
    private readonly TaskCompletionSource _settled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private volatile EdgeState? _state;
    private volatile FeatureStoreException? _failure;
    private TimeSpan _pause;
    private int _failedTries;
    private int _heartbeats;

    public EdgeStream(EntityId id, FeatureReads reads, EdgeOptions options, TimeSpan pause, TimeProvider time) =>
        (Id, _reads, _options, _pause, _time) = (id, reads, options, pause, time);

    public EntityId Id { get; }

    /// <summary>What is known of the entity; null before the first features came.</summary>
    public EdgeState? State => _state;

    /// <summary>Why the stream broke last.</summary>
    public FeatureStoreException? LastFailure => _failure;

    /// <summary>Whether trying again would be of no use: the last failure is the answer.</summary>
    public bool IsRefused { get; private set; }

    /// <summary>Done once there are features, or there will be none.</summary>
    public Task Settled => _settled.Task;

    /// <summary>Done once the stream has ended for good; never failed.</summary>
    public Task Running { get; private set; } = Task.CompletedTask;

    /// <summary>How many calls wait for the first features. The cache's, under its lock, as is the next.</summary>
    public int Waiting { get; set; }

    /// <summary>Whether it is kept only for the calls that wait.</summary>
    public bool IsLetGo { get; set; }

    /// <summary>Begins.</summary>
    /// <param name="ended">Called when the stream has ended for good, before <see cref="Settled"/> is done.</param>
    public void Start(Action<EdgeStream> ended)
    {
        // It outlives the call that began it, so it is none of that call's trace.
        using (ExecutionContext.SuppressFlow())
        {
            Running = Task.Run(() => RunAsync(ended));
        }
    }

    /// <summary>Ends the stream, soon.</summary>
    public void Close() => _ = _closing.CancelAsync();

    private async Task RunAsync(Action<EdgeStream> ended)
    {
        while (!_closing.IsCancellationRequested && !IsRefused)
        {
            var failure = await ListenAsync().ConfigureAwait(false);
            if (_state is { } state)
            {
                _state = state with { IsConnected = false };
            }

            _failure = failure;
            IsRefused = IsFinal(failure);
            if (!IsRefused)
            {
                await Task.Delay(Pause(failure), _time, _closing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        ended(this);
        _settled.TrySetResult();
    }

    /// <summary>Makes a connection and takes what it brings.</summary>
    /// <returns>Why it brings no more.</returns>
    private async Task<FeatureStoreException> ListenAsync()
    {
        try
        {
            using var stream = await _reads.OpenAsync(Id, _options.Read, _closing.Token).ConfigureAwait(false);
            return await TakeAllAsync(stream).ConfigureAwait(false);
        }
        catch (FeatureStoreException e)
        {
            return e;
        }
        catch (Exception e)
        {
            // Whatever a handler of the app throws, too: nobody would be told that the features grow old for ever.
            return Broken(e is IOException ? "the connection was cut" : e.Message, e);
        }
    }

    private async Task<FeatureStoreException> TakeAllAsync(StoreStream stream)
    {
        using var silence = new CancellationTokenSource(_options.SilenceLimit, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(_closing.Token, silence.Token);
        try
        {
            var events = SseParser.Create(stream.Body, (type, data) => type is Snapshot or Change or Heartbeat or Ended ? stream.Head.Json(data) : default);
            await foreach (var e in events.EnumerateAsync(either.Token).ConfigureAwait(false))
            {
                silence.CancelAfter(_options.SilenceLimit);
                if (events.ReconnectionInterval > TimeSpan.Zero)
                {
                    _pause = events.ReconnectionInterval;
                }

                if (e.EventType == Ended)
                {
                    return Broken($"it was ended, {e.Data.GetRawText()}");
                }

                Take(e, stream.Head);
            }

            return Broken("the connection was cut");
        }
        catch (OperationCanceledException e) when (silence.IsCancellationRequested)
        {
            return Broken($"nothing was heard for {_options.SilenceLimit.TotalSeconds:0.###} s", e);
        }
    }

    private void Take(SseItem<JsonElement> e, StoreReply head)
    {
        switch (e.EventType)
        {
            case Snapshot or Change:
                var features = new ExpiringFeatures(_reads.Read(e.Data, Id, head));
                _state = new EdgeState(features, _time.GetTimestamp(), TimeSpan.Zero, IsConnected: true);
                _settled.TrySetResult();
                break;
            case Heartbeat when _state is { IsConnected: true } state:
                var lag = head.Read(e.Data, said => said.GetProperty("staleness_seconds").GetDouble());
                _state = state with { HeardAt = _time.GetTimestamp(), Lag = TimeSpan.FromSeconds(Math.Max(lag, 0)) };
                break;
        }

        // A connection that brings its first features, and how old they are, and ends is as good as none: it must not be asked for in quick
        // succession.
        _heartbeats = e.EventType switch { Snapshot => 0, Heartbeat => _heartbeats + 1, _ => _heartbeats };
        _failedTries = e.EventType is Change || _heartbeats > 1 ? 0 : _failedTries;
    }

    /// <summary>What the service asks for, or up to a time that doubles with each try: at random, lest all who lost a replica come back at once.</summary>
    private TimeSpan Pause(FeatureStoreException failure)
    {
        var most = (_pause < MaxPause ? _pause : MaxPause) * Math.Pow(2, Math.Min(_failedTries++, MaxDoublings));
        var pause = failure is FeatureStoreUnavailableException { RetryAfter: { } asked } && asked > TimeSpan.Zero
            ? asked * (1 + (Random.Shared.NextDouble() / 4))
            : (most < MaxPause ? most : MaxPause) * Random.Shared.NextDouble();
        return pause < MaxPause ? pause : MaxPause;
    }

    /// <summary>Whether it is the store's own word that the request will never do; anything else may be a proxy's, or pass.</summary>
    private static bool IsFinal(FeatureStoreException failure) => failure is not FeatureStoreUnavailableException
        && (failure.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden
            || (failure.Type is not null && (int?)failure.StatusCode is >= 400 and <= 499));

    private FeatureStoreUnavailableException Broken(string cause, Exception? e = null) =>
        new($"The stream of '{Id}' from feature-api broke: {cause}.", mayHaveBeenProcessed: false, e);
}
