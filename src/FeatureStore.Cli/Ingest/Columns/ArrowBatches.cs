using Apache.Arrow;
using Apache.Arrow.Compression;
using Apache.Arrow.Ipc;

namespace FeatureStore.Cli.Ingest;

/// <summary>Arrow IPC: the file format (Feather version 2) and the stream format. One record batch is held at a time.</summary>
internal sealed class ArrowBatches : IColumnBatches
{
    private readonly string _name;
    private readonly Stream _stream;
    private readonly ArrowStreamReader _reader;
    private long _skip;
    private long _rows;

    private ArrowBatches(string name, Stream stream, ArrowStreamReader reader, Schema schema) =>
        (_name, _stream, _reader, Schema) = (name, stream, reader, schema);

    private static ReadOnlySpan<byte> FileMagic => "ARROW1\0\0"u8;

    private static ReadOnlySpan<byte> FeatherOneMagic => "FEA1"u8;

    public Schema Schema { get; }

    public long BytesRead => _stream.CanSeek ? _stream.Position : 0;

    /// <summary>Reads the beginning of the file.</summary>
    /// <exception cref="UsageException">It is no Arrow IPC.</exception>
    public static async Task<ArrowBatches> OpenAsync(string name, Stream stream, CancellationToken cancellation)
    {
        var head = new byte[FileMagic.Length];
        var read = await stream.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, cancellation);
        if (read >= FeatherOneMagic.Length && head.AsSpan().StartsWith(FeatherOneMagic))
        {
            throw new UsageException($"{name} is Feather version 1, which is no Arrow IPC. Write it as version 2.");
        }

        // A file is a stream between its magic and its footer. Read as a stream it needs no seeking, so a pipe will do.
        var isFile = head.AsSpan().SequenceEqual(FileMagic);
        if (isFile && stream.CanSeek && !await IsWholeAsync(stream, cancellation))
        {
            throw new UsageException($"{name} is cut off: an Arrow file ends as it begins, with ARROW1.");
        }

        var content = isFile ? stream : new PrefixedStream(head.AsMemory(0, read), stream);
        try
        {
            var reader = new ArrowStreamReader(content, new CompressionCodecFactory(), leaveOpen: true);
            var schema = await reader.GetSchema(cancellation);
            return schema is null ? throw new InvalidDataException("it has no schema") : new ArrowBatches(name, stream, reader, schema);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw new UsageException($"{name} cannot be read as Arrow IPC: {e.Message}");
        }
    }

    public void Select(IReadOnlyList<string> columns, long skip) => _skip = skip;

    public async ValueTask<ColumnBatch?> ReadAsync(CancellationToken cancellation)
    {
        while (true)
        {
            var batch = await NextAsync(cancellation);
            if (batch is null)
            {
                return null;
            }

            _rows += batch.Length;
            var from = (int)Math.Min(_skip, batch.Length);
            _skip -= from;
            if (from < batch.Length)
            {
                return new ColumnBatch(batch, from);
            }

            batch.Dispose();
        }
    }

    public ValueTask DisposeAsync()
    {
        _reader.Dispose();
        return _stream.DisposeAsync();
    }

    private static async Task<bool> IsWholeAsync(Stream stream, CancellationToken cancellation)
    {
        var at = stream.Position;
        var tail = new byte[FileMagic.Length - 2];
        stream.Seek(-tail.Length, SeekOrigin.End);
        await stream.ReadExactlyAsync(tail, cancellation);
        stream.Position = at;
        return tail.AsSpan().SequenceEqual(FileMagic[..tail.Length]);
    }

    private async Task<RecordBatch?> NextAsync(CancellationToken cancellation)
    {
        try
        {
            return await _reader.ReadNextRecordBatchAsync(cancellation);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // Whatever the library makes of bytes that are no Arrow: it has no exception of its own for that.
            throw new FileContentException(_name, _rows + 1, $"The rows from here on cannot be read: {e.Message}");
        }
    }
}
