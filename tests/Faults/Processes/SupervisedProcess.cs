using FeatureStore.Harness;

namespace FeatureStore.Faults.Processes;

/// <summary>A process that is started again whenever it has ended, as an orchestrator does.</summary>
internal sealed class SupervisedProcess : IAsyncDisposable
{
    /// <summary>A program that ends by itself, because what it needs is away, is not started again at once.</summary>
    private static readonly TimeSpan Backoff = TimeSpan.FromMilliseconds(300);

    private readonly Lock _gate = new();
    private readonly Func<ChildProcess> _start;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _supervision;
    private ChildProcess _process;
    private TimeSpan _downtime = Backoff;
    private string _lastWords = "";

    public SupervisedProcess(string name, Func<ChildProcess> start)
    {
        Name = name;
        _start = start;
        _process = start();
        _supervision = SuperviseAsync();
    }

    public string Name { get; }

    /// <summary>How often it was started again.</summary>
    public int Restarts { get; private set; }

    /// <summary>What the process of now wrote, and the end of what its last predecessor did.</summary>
    public string Output => $"{_lastWords}\n{_process.Output}";

    /// <summary>Kills it, to be started again after a while.</summary>
    /// <returns>False if it was not running.</returns>
    public bool Kill(TimeSpan downtime)
    {
        lock (_gate)
        {
            if (_process.HasExited)
            {
                return false;
            }

            _downtime = downtime;
            _process.Signal("KILL");
            return true;
        }
    }

    /// <summary>Stops it for a while.</summary>
    public async Task PauseAsync(TimeSpan duration, CancellationToken cancellationToken)
    {
        var process = _process;
        Send(process, "STOP");
        try
        {
            await Task.Delay(duration, cancellationToken);
        }
        finally
        {
            Send(process, "CONT");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _supervision;
        await _process.DisposeAsync();
        _stopping.Dispose();
    }

    /// <summary>Signals that process and no other: by now it may have been killed and its successor be running.</summary>
    private void Send(ChildProcess process, string signal)
    {
        lock (_gate)
        {
            if (ReferenceEquals(process, _process) && !process.HasExited)
            {
                process.Signal(signal);
            }
        }
    }

    private async Task SuperviseAsync()
    {
        try
        {
            while (true)
            {
                await Task.Delay(50, _stopping.Token);
                if (!_process.HasExited)
                {
                    continue;
                }

                await Task.Delay(_downtime, _stopping.Token);
                var ended = _process;
                lock (_gate)
                {
                    _downtime = Backoff;
                    _process = _start();
                    Restarts++;
                }

                _lastWords = ended.Output.Length > 2000 ? ended.Output[^2000..] : ended.Output;
                await ended.DisposeAsync();
            }
        }
        catch (OperationCanceledException)
        {
            // Disposed.
        }
    }
}
