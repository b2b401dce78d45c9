namespace FeatureStore.Cli.Training;

/// <summary>A file that tells how much of it was read.</summary>
internal sealed class CountedStream(string path, Action<double> progress)
    : FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 18, FileOptions.Asynchronous | FileOptions.SequentialScan)
{
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await base.ReadAsync(buffer, cancellationToken);
        progress(Length == 0 ? 1 : (double)Position / Length);
        return read;
    }
}
