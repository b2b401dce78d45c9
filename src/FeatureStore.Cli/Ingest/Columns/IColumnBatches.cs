using Apache.Arrow;

namespace FeatureStore.Cli.Ingest;

/// <summary>A file of typed columns, read a few thousand rows at a time.</summary>
internal interface IColumnBatches : IAsyncDisposable
{
    /// <summary>Every column of the file.</summary>
    Schema Schema { get; }

    /// <summary>How much of the file has been handed out, in bytes of the file.</summary>
    long BytesRead { get; }

    /// <summary>Says what to read; called once, before the first batch.</summary>
    /// <param name="columns">The columns that are needed.</param>
    /// <param name="skip">How many rows to pass over.</param>
    void Select(IReadOnlyList<string> columns, long skip);

    /// <summary>The next rows, with at least the columns needed, or null at the end; the caller disposes them.</summary>
    ValueTask<ColumnBatch?> ReadAsync(CancellationToken cancellation);
}

/// <summary>Some rows of a file.</summary>
/// <param name="Rows">Their columns.</param>
/// <param name="From">The first row of them that is wanted.</param>
internal readonly record struct ColumnBatch(RecordBatch Rows, int From);
