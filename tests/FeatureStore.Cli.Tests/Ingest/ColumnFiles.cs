using Apache.Arrow;
using Apache.Arrow.Compression;
using Apache.Arrow.Ipc;
using FeatureStore.Cli.Ingest;

namespace FeatureStore.Cli.Tests.Ingest;

/// <summary>Writes the Parquet and Arrow files that tests read.</summary>
internal static class ColumnFiles
{
    /// <summary>Writes what a query gives as Parquet.</summary>
    public static string Parquet(this TemporaryFolder folder, string name, string query, int rowGroup = 100_000)
    {
        var path = Path.Combine(folder.Path, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var written = DuckDbRows.Of($"COPY ({query}) TO {DuckDbRows.Literal(path)} (FORMAT parquet, ROW_GROUP_SIZE {rowGroup})");
        written.Read()?.Dispose();
        return path;
    }

    /// <summary>Writes record batches as Arrow IPC.</summary>
    public static string Arrow(
        this TemporaryFolder folder, string name, RecordBatch[] batches, bool asStream = false, CompressionCodecType? compression = null)
    {
        var path = Path.Combine(folder.Path, name);
        using var file = File.Create(path);
        var options = new IpcOptions { CompressionCodec = compression, CompressionCodecFactory = compression is null ? null : new CompressionCodecFactory() };
        using var writer = asStream
            ? new ArrowStreamWriter(file, batches[0].Schema, leaveOpen: false, options)
            : new ArrowFileWriter(file, batches[0].Schema, leaveOpen: false, options);
        foreach (var batch in batches)
        {
            writer.WriteRecordBatch(batch);
        }

        writer.WriteEnd();
        return path;
    }
}
