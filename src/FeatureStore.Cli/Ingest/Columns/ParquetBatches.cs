using Apache.Arrow;

namespace FeatureStore.Cli.Ingest;

/// <summary>A Parquet file. Of each row group only the columns needed are read, and row groups that are passed over not at all.</summary>
internal sealed class ParquetBatches : IColumnBatches
{
    private readonly string _name;
    private readonly string _source;
    private readonly long _bytes;
    private readonly long _rows;
    private DuckDbRows? _reader;
    private string _query = "";
    private long _at;

    private ParquetBatches(string name, string source, long bytes, Schema schema, long rows) =>
        (_name, _source, _bytes, Schema, _rows) = (name, source, bytes, schema, rows);

    public Schema Schema { get; }

    public long BytesRead => _rows == 0 ? _bytes : (long)((double)_at / _rows * _bytes);

    /// <summary>Reads what the file says of itself.</summary>
    /// <param name="name">The name that messages show.</param>
    /// <param name="path">The file.</param>
    /// <param name="bytes">Its length.</param>
    /// <exception cref="UsageException">It is no Parquet file.</exception>
    public static ParquetBatches Open(string name, string path, long bytes)
    {
        // A path is a pattern to DuckDB, so what would match other files is put in brackets. Partitions in the names of
        // folders are no columns: a file has the same rows wherever it lies.
        var pattern = string.Concat(path.Select(c => c is '*' or '?' or '[' ? $"[{c}]" : $"{c}"));
        var file = DuckDbRows.Literal(pattern);
        var source = $"read_parquet({file}, hive_partitioning = false)";
        try
        {
            using var columns = DuckDbRows.Of($"SELECT * FROM {source} LIMIT 0");
            using var count = DuckDbRows.Of($"SELECT num_rows FROM parquet_file_metadata({file})");
            using var rows = count.Read();
            return new ParquetBatches(name, source, bytes, columns.Schema, ((Int64Array?)rows?.Column(0))?.GetValue(0) ?? 0);
        }
        catch (DuckDbException e)
        {
            throw new UsageException($"{name} cannot be read as Parquet: {e.Message}");
        }
    }

    public void Select(IReadOnlyList<string> columns, long skip)
    {
        // Rows are passed over by their number, which leaves out whole row groups; an offset would decode them.
        _query = $"SELECT {string.Join(", ", columns.Select(DuckDbRows.Name))} FROM "
            + (skip == 0 ? _source : _source[..^1] + FormattableString.Invariant($", file_row_number = true) WHERE file_row_number >= {skip}"));
        _at = skip;
    }

    public ValueTask<ColumnBatch?> ReadAsync(CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        try
        {
            _reader ??= DuckDbRows.Of(_query);
            if (_reader.Read() is not { } rows)
            {
                return ValueTask.FromResult<ColumnBatch?>(null);
            }

            _at += rows.Length;
            return ValueTask.FromResult<ColumnBatch?>(new ColumnBatch(rows, 0));
        }
        catch (DuckDbException e)
        {
            throw new FileContentException(_name, _at + 1, $"The rows from here on cannot be read: {e.Message}");
        }
    }

    public ValueTask DisposeAsync()
    {
        _reader?.Dispose();
        return ValueTask.CompletedTask;
    }
}
