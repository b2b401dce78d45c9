using FeatureStore.Dapr;
using FeatureStore.FeatureApi.Resident;

namespace FeatureStore.FeatureApi.Streaming;

/// <summary>Knows all open streams: wakes those whose rows have changed or that have something to do, and ends those that are stuck.</summary>
/// <remarks>One timer for all of them: ten thousand idle streams are to cost next to nothing.</remarks>
internal sealed class StreamHub(StreamOptions options, ChangeCurrency currency, RegistryWatch registry, IHostApplicationLifetime lifetime, TimeProvider time)
    : BackgroundService
{
    /// <summary>How often it is looked for what is due.</summary>
    public static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);

    private readonly Lock _gate = new();
    private readonly HashSet<FeatureStream> _streams = [];
    private readonly Dictionary<string, HashSet<FeatureStream>> _byKey = new(StringComparer.Ordinal);
    private volatile bool _isStopping;
    private volatile bool _hasStreams;

    /// <summary>Takes in a stream, unless there are too many.</summary>
    public bool TryAdd(FeatureStream stream)
    {
        lock (_gate)
        {
            if (_streams.Count >= options.MaxStreams)
            {
                return false;
            }

            _streams.Add(stream);
            _hasStreams = true;
        }

        if (_isStopping)
        {
            stream.End(StreamEnd.Shutdown);
        }

        return true;
    }

    public void Remove(FeatureStream stream)
    {
        lock (_gate)
        {
            _streams.Remove(stream);
            _hasStreams = _streams.Count > 0;
        }
    }

    /// <summary>Has a stream woken by changes of rows from now on.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="keys">The rows' state keys.</param>
    public void Watch(FeatureStream stream, IReadOnlyList<string> keys)
    {
        lock (_gate)
        {
            foreach (var key in keys)
            {
                if (!_byKey.TryGetValue(key, out var watching))
                {
                    _byKey.Add(key, watching = []);
                }

                watching.Add(stream);
            }
        }
    }

    public void Unwatch(FeatureStream stream, IReadOnlyList<string> keys)
    {
        lock (_gate)
        {
            foreach (var key in keys)
            {
                if (_byKey.TryGetValue(key, out var watching) && watching.Remove(stream) && watching.Count == 0)
                {
                    _byKey.Remove(key);
                }
            }
        }
    }

    /// <summary>Rows have changed; what they are now can be read.</summary>
    public void Changed(IReadOnlyList<ChangedRow> rows)
    {
        if (!_hasStreams)
        {
            return;
        }

        lock (_gate)
        {
            foreach (var row in rows)
            {
                if (_byKey.TryGetValue(row.Key, out var watching))
                {
                    foreach (var stream in watching)
                    {
                        stream.Changed();
                    }
                }
            }
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var stopping = lifetime.ApplicationStopping.Register(EndAll);
        using var timer = new PeriodicTimer(Tick, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                if (_hasStreams)
                {
                    Look();
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The end.
        }
    }

    private void Look()
    {
        var (now, generation, applied) = (time.GetTimestamp(), currency.Generation, registry.Current);
        lock (_gate)
        {
            foreach (var stream in _streams)
            {
                stream.Look(now, generation, applied);
            }
        }
    }

    private void EndAll()
    {
        _isStopping = true;
        lock (_gate)
        {
            foreach (var stream in _streams)
            {
                stream.End(StreamEnd.Shutdown);
            }
        }
    }
}
