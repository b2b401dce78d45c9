using System.Globalization;
using System.Runtime.ExceptionServices;
using System.Security.Cryptography;

namespace FeatureStore.Client;

/// <summary>A training set that was made, and waits at feature-history to be fetched.</summary>
/// <remarks>It is kept there for some hours, and not over a restart. Disposing of it has the service let go of it.</remarks>
public sealed class TrainingSet : IAsyncDisposable
{
    private const int BufferBytes = 1 << 17;

    private readonly TrainingSets _sets;
    private readonly StoreConnection _connection;

    internal TrainingSet(TrainingSets sets, StoreConnection connection) => (_sets, _connection) = (sets, connection);

    /// <summary>The job that made it.</summary>
    public required string Id { get; init; }

    /// <summary>How many events it has.</summary>
    public required long Events { get; init; }

    /// <summary>The size of its file.</summary>
    public required long Bytes { get; init; }

    /// <summary>The SHA-256 of its file, in lower-case hexadecimal.</summary>
    public required string Sha256 { get; init; }

    /// <summary>Its features, in the order of their columns.</summary>
    public required IReadOnlyList<TrainingSetColumn> Features { get; init; }

    /// <summary>Fetches it into a file, which appears once all of it has come and its size and SHA-256 are right.</summary>
    /// <param name="path">The file; one that is there is replaced.</param>
    /// <param name="cancellationToken">Gives up; nothing is left behind.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="FeatureStoreException">It cannot be fetched, or what came is not what was made.</exception>
    public async Task DownloadAsync(string path, CancellationToken cancellationToken = default)
    {
        var temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.Asynchronous);
            await using (file.ConfigureAwait(false))
            {
                await FetchAsync(file, isRepeatable: true, cancellationToken).ConfigureAwait(false);
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>Fetches it into a stream; what was written is the set only if nothing is thrown.</summary>
    /// <param name="destination">Where to write it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="FeatureStoreException">It cannot be fetched, or what came is not what was made. It is not tried again: part of it was written.</exception>
    public Task DownloadAsync(Stream destination, CancellationToken cancellationToken = default) => FetchAsync(destination, isRepeatable: false, cancellationToken);

    /// <summary>Has the service let go of it. What was downloaded stays.</summary>
    public async ValueTask DisposeAsync() => await _sets.ForgetAsync(Id).ConfigureAwait(false);

    private async Task FetchAsync(Stream destination, bool isRepeatable, CancellationToken cancellationToken)
    {
        var request = new StoreRequest(StoreService.History, HttpMethod.Get, $"/training-sets/{Id}/data") { IsRepeatable = isRepeatable };
        var (bytes, sha256) = (0L, "");
        try
        {
            (bytes, sha256) = await _connection.ReceiveAsync(
                request,
                async (body, attempt) =>
                {
                    if (isRepeatable)
                    {
                        destination.SetLength(0);
                    }

                    return await CopyAsync(body, destination, attempt).ConfigureAwait(false);
                },
                cancellationToken).ConfigureAwait(false);
        }
        catch (DestinationException e)
        {
            ExceptionDispatchInfo.Throw(e.InnerException!);
        }

        if ((bytes, sha256) != (Bytes, Sha256))
        {
            throw new FeatureStoreException(string.Create(
                CultureInfo.InvariantCulture, $"What came is not the training set that was made: {bytes} bytes of SHA-256 {sha256}, and not {Bytes} of {Sha256}."));
        }
    }

    private static async Task<(long Bytes, string Sha256)> CopyAsync(Stream body, Stream destination, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[BufferBytes];
        var bytes = 0L;
        while (await body.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) is > 0 and var read)
        {
            hash.AppendData(buffer, 0, read);
            try
            {
                await destination.WriteAsync(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
            }
            catch (IOException e)
            {
                throw new DestinationException(e);
            }

            bytes += read;
        }

        return (bytes, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    /// <summary>It is not the service that failed: kept apart from what fails on the way.</summary>
    private sealed class DestinationException(IOException e) : Exception(e.Message, e);
}
