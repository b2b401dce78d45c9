namespace FeatureStore.Cli.Ingest;

/// <summary>Reads the rows of one file, in order.</summary>
internal interface IRowReader : IAsyncDisposable
{
    /// <summary>How far the file has been read.</summary>
    long BytesRead { get; }

    /// <summary>The next row, or null at the end.</summary>
    ValueTask<RowResult?> ReadAsync(CancellationToken cancellation);
}
