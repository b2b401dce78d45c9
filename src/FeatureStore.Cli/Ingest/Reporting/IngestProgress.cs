namespace FeatureStore.Cli.Ingest;

/// <summary>Shows how far an ingest has come until it is disposed: a bar on a terminal, lines elsewhere.</summary>
internal sealed class IngestProgress : IAsyncDisposable
{
    private readonly CancellationTokenSource _done = new();
    private readonly Task _shown;

    private IngestProgress(Func<CancellationToken, Task> show) => _shown = show(_done.Token);

    public static IngestProgress Start(IngestCounts counts, long? totalBytes, CliConsole console) => new(
        console.ErrorIsTerminal
            ? done => ProgressBar.ShowAsync(counts, totalBytes, console, done)
            : done => ProgressLines.ShowAsync(counts, totalBytes, console, done));

    public async ValueTask DisposeAsync()
    {
        await _done.CancelAsync();
        await _shown.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _done.Dispose();
    }
}
