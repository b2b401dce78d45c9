namespace FeatureStore.Cli.Ingest;

/// <summary>Reads the rows of one file, in order.</summary>
internal interface IRowReader : IAsyncDisposable
{
    /// <summary>How far the file has been read.</summary>
    long BytesRead { get; }

    /// <summary>The columns that the file says it has; null where only its records tell.</summary>
    IReadOnlyList<SourceColumn>? Columns { get; }

    /// <summary>Passes over the first rows; called once, before the first row is read.</summary>
    /// <remarks>They are read and forgotten where what they hold has a bearing on how the rest is read.</remarks>
    async ValueTask SkipAsync(long rows, CancellationToken cancellation)
    {
        while (rows-- > 0 && await ReadAsync(cancellation) is not null)
        {
        }
    }

    /// <summary>The next row, or null at the end.</summary>
    ValueTask<RowResult?> ReadAsync(CancellationToken cancellation);
}
