using System.Collections.Concurrent;
using System.Threading.Channels;
using FeatureStore.Dapr;
using FeatureStore.History;

namespace FeatureStore.FeatureHistory.Training;

/// <summary>Makes training sets, a few at once, and keeps them for a while. A set that was not fetched when the service ends is gone.</summary>
internal sealed partial class TrainingJobs : BackgroundService
{
    private static readonly TimeSpan Look = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, TrainingJob> _jobs = new(StringComparer.Ordinal);
    private readonly Channel<TrainingJob> _waiting = Channel.CreateUnbounded<TrainingJob>();
    private readonly HistoryCatalog _catalog;
    private readonly RegistryWatch _registry;
    private readonly TrainingOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<TrainingJobs> _logger;
    private readonly string _folder;
    private readonly TrainingSetCut _cut;

    public TrainingJobs(HistoryCatalog catalog, RegistryWatch registry, TrainingOptions options, TimeProvider time, ILogger<TrainingJobs> logger)
    {
        (_catalog, _registry, _options, _time, _logger) = (catalog, registry, options, time, logger);
        // Emptied at each start.
        _folder = catalog.Folder.Temporary(".training");
        Directory.CreateDirectory(_folder);
        _cut = new TrainingSetCut(new TrainingSetOptions { MemoryLimit = options.MemoryLimit, TemporaryFolder = Path.Combine(_folder, "spill") }, time);
    }

    /// <summary>Begins a job, whose events may then be put into its folder; null where too many wait already.</summary>
    public TrainingJob? Create()
    {
        if (_jobs.Values.Count(job => job.Ended is null) >= _options.Running + _options.Waiting)
        {
            return null;
        }

        var id = Guid.NewGuid().ToString("N");
        var job = new TrainingJob(id, Path.Combine(_folder, id), _time.GetUtcNow());
        Directory.CreateDirectory(job.Folder);
        _jobs[id] = job;
        return job;
    }

    /// <summary>Has a job done whose events have come.</summary>
    public void Start(TrainingJob job)
    {
        job.IsHandedOver = true;
        _waiting.Writer.TryWrite(job);
    }

    public TrainingJob? Find(string id) => _jobs.GetValueOrDefault(id);

    /// <summary>Stops a job, and lets go of what it has made.</summary>
    public void Remove(TrainingJob job)
    {
        job.Cancel();
        if (_jobs.TryRemove(job.Id, out _) && (!job.IsHandedOver || job.Ended is not null))
        {
            LetGo(job);
        }
    }

    private static void LetGo(TrainingJob job)
    {
        try
        {
            Directory.Delete(job.Folder, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // Gone already.
        }
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(Enumerable.Range(0, _options.Running).Select(_ => WorkAsync(stoppingToken)).Append(ForgetAsync(stoppingToken)));

    private async Task WorkAsync(CancellationToken stoppingToken)
    {
        try
        {
            await foreach (var job in _waiting.Reader.ReadAllAsync(stoppingToken))
            {
                await MakeAsync(job, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The end.
        }
    }

    private async Task MakeAsync(TrainingJob job, CancellationToken stoppingToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, job.Cancellation);
        try
        {
            stop.Token.ThrowIfCancellationRequested();
            job.Begin();
            using var lease = _catalog.Hold();
            var registry = (await _registry.GetAsync(stop.Token)).Registry;
            var views = registry.Views.Keys.Union(registry.IsEmpty ? lease.Files.Keys : []).ToDictionary(
                name => name,
                name => registry.Views.GetValueOrDefault(name) is { } view
                    ? new ViewHistory(name, view, registry.Entities[view.Entity], lease.Files.GetValueOrDefault(name, []))
                    : new ViewHistory(name, null, null, lease.Files.GetValueOrDefault(name, [])),
                StringComparer.Ordinal);
            job.Done(await _cut.RunAsync(job.Request!, views, new Progress(job), stop.Token), _time.GetUtcNow());
            // What it was made of is needed no more.
            File.Delete(job.Request!.EventsPath);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            job.Fail(["It was stopped."], _time.GetUtcNow());
        }
        catch (TrainingSetException e)
        {
            // Where the events are kept here is nothing to whoever sent them.
            job.Fail([.. e.Faults.Select(fault => fault.Replace(job.Folder + Path.DirectorySeparatorChar, "", StringComparison.Ordinal))], _time.GetUtcNow());
        }
        catch (Exception e)
        {
            Log.Failed(_logger, job.Id, e);
            job.Fail([e is IOException or StateStoreException ? e.Message : "The feature store failed; see its log."], _time.GetUtcNow());
        }

        if (!_jobs.ContainsKey(job.Id))
        {
            // Let go of while it was made, and still written then.
            LetGo(job);
        }
    }

    private async Task ForgetAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Look, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                foreach (var job in _jobs.Values.Where(job => job.Ended + _options.KeptFor < _time.GetUtcNow()))
                {
                    Remove(job);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The end.
        }
    }

    /// <summary>Told at once, where Progress of .NET tells some time later and out of order.</summary>
    private sealed class Progress(TrainingJob job) : IProgress<double>
    {
        public void Report(double value) => job.Report(value);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Training set {Id} failed")]
        public static partial void Failed(ILogger logger, string id, Exception exception);
    }
}
