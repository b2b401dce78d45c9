using System.Buffers;
using System.IO.Pipelines;

namespace FeatureStore.Cli.Ingest;

/// <summary>Reads one JSON value a line; blank lines are skipped, a line that is too long is passed over.</summary>
internal sealed class NdjsonLines : IJsonRecords
{
    private static ReadOnlySpan<byte> Bom => "\uFEFF"u8;

    private readonly string _file;
    private readonly Stream _stream;
    private readonly PipeReader _pipe;
    private byte[] _line = [];
    private long _number;

    public NdjsonLines(string file, Stream stream)
    {
        _file = file;
        _stream = stream;
        _pipe = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: 1 << 16, leaveOpen: true));
    }

    public long BytesRead { get; private set; }

    public async ValueTask<JsonRecord?> ReadAsync(CancellationToken cancellation)
    {
        var tooLong = false;
        while (true)
        {
            var read = await _pipe.ReadAsync(cancellation);
            var buffer = read.Buffer;
            var newline = buffer.PositionOf((byte)'\n');
            if (newline is null && !read.IsCompleted)
            {
                // Too long to keep: it is read on to its end, and forgotten.
                tooLong |= buffer.Length > JsonRecord.MaxBytes;
                Advance(tooLong ? buffer.End : buffer.Start, buffer);
                continue;
            }

            if (newline is null && buffer.IsEmpty && !tooLong)
            {
                _pipe.AdvanceTo(buffer.End);
                return null;
            }

            var line = newline is { } end ? buffer.Slice(0, end) : buffer;
            var length = Copy(line);
            Advance(newline is { } past ? buffer.GetPosition(1, past) : buffer.End, buffer);
            _number++;
            if (tooLong || length > JsonRecord.MaxBytes)
            {
                return new JsonRecord(_number, default, $"The line is longer than {JsonRecord.MaxBytes >> 20} MiB.");
            }

            var json = Trim(_line.AsMemory(0, length));
            if (json.Length > 0)
            {
                if (_number == 1 && json.Span[0] == '[')
                {
                    throw new FileContentException(_file, 1, "The file begins with '[': it is a JSON array. Give --format json.");
                }

                return new JsonRecord(_number, json);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _pipe.CompleteAsync();
        await _stream.DisposeAsync();
    }

    private int Copy(ReadOnlySequence<byte> line)
    {
        var length = (int)Math.Min(line.Length, JsonRecord.MaxBytes + 1);
        if (_line.Length < length)
        {
            _line = new byte[Math.Max(length, _line.Length * 2)];
        }

        line.Slice(0, length).CopyTo(_line);
        return length;
    }

    private ReadOnlyMemory<byte> Trim(ReadOnlyMemory<byte> line)
    {
        if (_number == 1 && line.Span.StartsWith(Bom))
        {
            line = line[Bom.Length..];
        }

        var text = line.Span;
        var start = 0;
        var end = text.Length;
        while (start < end && text[start] is (byte)' ' or (byte)'\t' or (byte)'\r')
        {
            start++;
        }

        while (end > start && text[end - 1] is (byte)' ' or (byte)'\t' or (byte)'\r')
        {
            end--;
        }

        return line[start..end];
    }

    private void Advance(SequencePosition consumed, ReadOnlySequence<byte> buffer)
    {
        BytesRead += buffer.Slice(0, consumed).Length;
        _pipe.AdvanceTo(consumed, consumed.Equals(buffer.Start) ? buffer.End : consumed);
    }
}
