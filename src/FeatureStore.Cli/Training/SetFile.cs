using System.Buffers;
using System.Security.Cryptography;

namespace FeatureStore.Cli.Training;

/// <summary>The file of a training set: under a temporary name beside its own until all of it has come.</summary>
internal sealed class SetFile(string path) : IDisposable
{
    private const int BufferBytes = 1 << 18;

    private readonly string _temporary = $"{path}.{Guid.NewGuid():N}.tmp";

    /// <summary>Writes what comes, from the beginning.</summary>
    /// <param name="body">What comes.</param>
    /// <param name="progress">Receives how many bytes came.</param>
    /// <param name="stop">Gives up.</param>
    /// <returns>How many bytes they were, and their SHA-256.</returns>
    /// <exception cref="CommandFailedException">It cannot be written.</exception>
    public async Task<(long Bytes, string Sha256)> WriteAsync(Stream body, Action<long> progress, CancellationToken stop)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        var bytes = 0L;
        try
        {
            await using var file = Written(() => new FileStream(_temporary, FileMode.Create, FileAccess.Write, FileShare.None, 1, FileOptions.Asynchronous));
            while (await body.ReadAsync(buffer, stop) is > 0 and var read)
            {
                hash.AppendData(buffer, 0, read);
                await WrittenAsync(async () => await file.WriteAsync(buffer.AsMemory(0, read), stop));
                bytes += read;
                progress(bytes);
            }

            // A name that stands for a whole set stands for one that a power failure leaves whole.
            Written(() =>
            {
                file.Flush(flushToDisk: true);
                return file;
            });
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return (bytes, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    /// <summary>Gives the file its name.</summary>
    /// <exception cref="CommandFailedException">It cannot have it.</exception>
    public void Commit() => Written(() =>
    {
        File.Move(_temporary, path, overwrite: true);
        return path;
    });

    public void Dispose() => File.Delete(_temporary);

    private T Written<T>(Func<T> write)
    {
        try
        {
            return write();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unwritable(e);
        }
    }

    private async Task WrittenAsync(Func<Task> write)
    {
        try
        {
            await write();
        }
        catch (IOException e)
        {
            throw Unwritable(e);
        }
    }

    private CommandFailedException Unwritable(Exception e) => new($"--out: {path} cannot be written: {e.Message}");
}
