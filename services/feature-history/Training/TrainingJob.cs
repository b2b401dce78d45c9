using FeatureStore.History;

namespace FeatureStore.FeatureHistory.Training;

/// <summary>A training set that is being made, or was.</summary>
internal sealed class TrainingJob(string id, string folder, DateTimeOffset created) : IDisposable
{
    private readonly CancellationTokenSource _cancellation = new();
    private volatile TrainingSetResult? _result;
    private volatile IReadOnlyList<string>? _faults;
    private double _progress;
    private volatile bool _isRunning;

    public string Id { get; } = id;

    /// <summary>Where its events and its result are; gone with it.</summary>
    public string Folder { get; } = folder;

    public DateTimeOffset Created { get; } = created;

    /// <summary>When it was done or failed; null until then.</summary>
    public DateTimeOffset? Ended { get; private set; }

    /// <summary>What is to be made. Known once its events have come.</summary>
    public TrainingSetRequest? Request { get; set; }

    /// <summary>Whether it is for whoever makes it to see to its folder, until it has ended.</summary>
    public bool IsHandedOver { get; set; }

    public CancellationToken Cancellation => _cancellation.Token;

    /// <summary>What was made; null until then.</summary>
    public TrainingSetResult? Result => _result;

    /// <summary>Why it could not be made; null unless it failed.</summary>
    public IReadOnlyList<string>? Faults => _faults;

    /// <summary>How much of it is done, from 0 to 1.</summary>
    public double Progress => Volatile.Read(ref _progress);

    public string Status => _result is not null ? "done" : _faults is not null ? "failed" : _isRunning ? "running" : "queued";

    public void Begin() => _isRunning = true;

    public void Report(double progress) => Volatile.Write(ref _progress, progress);

    public void Done(TrainingSetResult result, DateTimeOffset now)
    {
        Ended = now;
        Report(1);
        _result = result;
    }

    public void Fail(IReadOnlyList<string> faults, DateTimeOffset now)
    {
        Ended = now;
        _faults = faults;
    }

    /// <summary>Stops it, if it is being made.</summary>
    public void Cancel() => _cancellation.Cancel();

    public void Dispose() => _cancellation.Dispose();
}
