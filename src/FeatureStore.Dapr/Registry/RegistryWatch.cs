using System.Diagnostics.Metrics;
using System.Threading.Channels;
using FeatureStore.Model;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FeatureStore.Dapr;

/// <summary>Keeps the registry that is applied at hand: it looks when an event says that there is a new one, and from time to time.</summary>
/// <remarks>
/// What is known is replaced only by what was applied later. A registry that vanishes from the store, an older one that came
/// back with a backup, one that cannot be read: what is known stays, and the alarm is raised.
/// </remarks>
public sealed partial class RegistryWatch : BackgroundService
{
    /// <summary>Where nothing is known yet, every request waits for it.</summary>
    private static readonly TimeSpan FirstInterval = TimeSpan.FromMilliseconds(200);

    /// <summary>How often it is seen whether the store still has every part of the registry.</summary>
    private static readonly TimeSpan WholeInterval = TimeSpan.FromMinutes(1);

    private const int MostKnown = 8;

    private readonly RegistryStore _store;
    private readonly SidecarOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<RegistryWatch> _logger;
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource<AppliedRegistry> _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Channel<bool> _asked = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly SemaphoreSlim _refreshing = new(1);
    private volatile IReadOnlyList<AppliedRegistry> _known = [];
    private volatile AppliedRegistry? _current;
    private long _refreshedAt;
    private long _seenWholeAt;
    private bool _isWhole = true;
    private volatile string? _alarm;
    private volatile string _failure = "the sidecar has not answered yet";

    public RegistryWatch(RegistryStore store, SidecarOptions options, IMeterFactory meters, TimeProvider time, ILogger<RegistryWatch> logger)
    {
        (_store, _options, _time, _logger) = (store, options, time, logger);
        _seenWholeAt = time.GetTimestamp();
        var meter = meters.Create("FeatureStore.Registry");
        meter.CreateObservableGauge("featurestore.registry.version", () => _current?.Version ?? 0, "{version}", "The registry version that is served by.");
        meter.CreateObservableGauge(
            "featurestore.registry.alarm", () => _alarm is null ? 0 : 1, "{alarm}",
            "1 while the store's registry is missing, older than the known one or unreadable.");
    }

    /// <summary>The registry that is applied; null until the store was read once.</summary>
    public AppliedRegistry? Current => _current;

    /// <summary>The registries that were served by, the newest last; the first of many are forgotten.</summary>
    public IReadOnlyList<AppliedRegistry> Known => _known;

    /// <summary>Why the registry in the store is not what is served by; null if it is.</summary>
    public string? Alarm => _alarm;

    /// <summary>The registry that is applied. Waits for it where the store was not read yet.</summary>
    /// <exception cref="StateUnavailableException">The store still could not be read.</exception>
    public ValueTask<AppliedRegistry> GetAsync(CancellationToken cancellationToken) =>
        _current is { } current ? ValueTask.FromResult(current) : new ValueTask<AppliedRegistry>(WaitAsync(cancellationToken));

    /// <summary>
    /// The registry in the store, looked at now: before something is refused because it is not declared, as it may have been
    /// declared a moment ago.
    /// </summary>
    /// <exception cref="StateStoreException">The store could not be read.</exception>
    public async Task<AppliedRegistry> RefreshAsync(CancellationToken cancellationToken)
    {
        var asked = _time.GetTimestamp();
        await _refreshing.WaitAsync(cancellationToken);
        try
        {
            // Of those who ask at once one looks for all.
            if (_refreshedAt < asked)
            {
                var begun = _time.GetTimestamp();
                if (await _store.ReadAsync(_current, cancellationToken) is { } stored)
                {
                    Offer(stored);
                }

                _refreshedAt = begun;
            }
        }
        catch (StoredRowFormatException)
        {
            // The alarm tells of it; what is known is served by.
        }
        finally
        {
            _refreshing.Release();
        }

        return await GetAsync(cancellationToken);
    }

    /// <summary>Looks now, because something says that the registry has changed.</summary>
    public void Look() => _asked.Writer.TryWrite(true);

    /// <summary>Takes a registry that this process has just seen in the store.</summary>
    /// <returns>Whether it is newer than what was known.</returns>
    public bool Offer(AppliedRegistry applied)
    {
        lock (_gate)
        {
            if (_current is { } known && applied.AppliedAt <= known.AppliedAt)
            {
                return false;
            }

            _current = applied;
            _known = [.. _known.TakeLast(MostKnown - 1), applied];
        }

        _first.TrySetResult(applied);
        Log.Taken(_logger, applied.Version, applied.Registry.Views.Count);
        return true;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                Judge(await _store.ReadAsync(_current, stoppingToken), await IsWholeAsync(stoppingToken));
            }
            catch (StateStoreException e)
            {
                // An outage is no news of the registry; reads and writes tell of it themselves.
                _failure = e.Message;
            }
            catch (StoredRowFormatException e)
            {
                _failure = e.Message;
                Raise(e.Message);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // Whatever it was: a watch that ended would be silent.
                _failure = e.Message;
                Log.Failed(_logger, e.GetType(), e.Message);
                Log.FailedAt(_logger, e);
            }

            await PauseAsync(_current is null ? FirstInterval : _options.RegistryInterval, stoppingToken);
        }
    }

    /// <summary>Whether no document was missing when that was last seen; where one was, it is seen each time.</summary>
    private async Task<bool> IsWholeAsync(CancellationToken stoppingToken)
    {
        if (_current is { Version: > 0 } known && (!_isWhole || _time.GetElapsedTime(_seenWholeAt) >= WholeInterval))
        {
            _isWhole = await _store.IsWholeAsync(known, stoppingToken);
            _seenWholeAt = _time.GetTimestamp();
        }

        return _isWhole;
    }

    private void Judge(AppliedRegistry? stored, bool isWhole)
    {
        if (stored is null)
        {
            if (_current is { Version: > 0 } known)
            {
                Raise($"The registry has vanished from the store; version {known.Version} is served on. Apply it again.");
                return;
            }

            Offer(AppliedRegistry.None);
        }
        else if (_current is { } known && stored.AppliedAt < known.AppliedAt)
        {
            Raise($"The store holds registry version {stored.Version} of {stored.AppliedAt}, which is older than version {known.Version} of {known.AppliedAt}; the newer one is served on. Apply it again.");
            return;
        }
        else if (!Offer(stored) && !isWhole)
        {
            Raise($"The store has lost a part of registry version {stored.Version}, which is served on. Apply it again.");
            return;
        }

        if (_alarm is not null)
        {
            _alarm = null;
            Log.Mended(_logger);
        }
    }

    private void Raise(string alarm)
    {
        if (_alarm != alarm)
        {
            _alarm = alarm;
            Log.Alarm(_logger, alarm);
        }
    }

    private async Task<AppliedRegistry> WaitAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _first.Task.WaitAsync(_options.ReadTimeout, _time, cancellationToken);
        }
        catch (TimeoutException)
        {
            throw new StateUnavailableException($"What is declared could not be read yet: {_failure}");
        }
    }

    private async Task PauseAsync(TimeSpan interval, CancellationToken stoppingToken)
    {
        using var pause = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        await Task.WhenAny(_asked.Reader.WaitToReadAsync(pause.Token).AsTask(), Task.Delay(interval, _time, pause.Token));
        await pause.CancelAsync();
        _asked.Reader.TryRead(out _);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Registry version {Version} with {Views} views is served by")]
        public static partial void Taken(ILogger logger, int version, int views);

        [LoggerMessage(2, LogLevel.Error, "{Alarm}")]
        public static partial void Alarm(ILogger logger, string alarm);

        [LoggerMessage(3, LogLevel.Information, "The registry in the store is what is served by again")]
        public static partial void Mended(ILogger logger);

        [LoggerMessage(4, LogLevel.Error, "The registry could not be read: {Type}: {Reason}")]
        public static partial void Failed(ILogger logger, Type type, string reason);

        [LoggerMessage(5, LogLevel.Debug, "Where reading it failed")]
        public static partial void FailedAt(ILogger logger, Exception exception);
    }
}
