using System.Text.Json;

namespace FeatureStore.Cli.Ingest;

/// <summary>Reads the elements of one JSON array of any length, holding one element at a time.</summary>
internal sealed class JsonArrayElements(string file, Stream stream) : IJsonRecords
{
    private enum Expected
    {
        Start,
        FirstOrEnd,
        Element,
        CommaOrEnd,
        Nothing,
    }

    private static readonly JsonReaderOptions Options = new() { MaxDepth = 512 };

    private byte[] _buffer = new byte[1 << 16];
    private int _start;
    private int _end;
    private bool _complete;
    private long _line = 1;
    private int _linesInElement;
    private Expected _expected = Expected.Start;

    public long BytesRead { get; private set; }

    public async ValueTask<JsonRecord?> ReadAsync(CancellationToken cancellation)
    {
        while (await NextByteAsync(cancellation) is { } next)
        {
            switch (_expected)
            {
                case Expected.Start when next == '[':
                    Take(Expected.FirstOrEnd);
                    break;
                case Expected.Start:
                    throw Fault(next == '{'
                        ? "The file holds JSON objects and no array. Give --format ndjson if there is one a line."
                        : "The file is no JSON array.");
                case Expected.FirstOrEnd or Expected.CommaOrEnd when next == ']':
                    Take(Expected.Nothing);
                    break;
                case Expected.CommaOrEnd when next == ',':
                    Take(Expected.Element);
                    break;
                case Expected.CommaOrEnd:
                    throw Fault("A comma or the end of the array is missing.");
                case Expected.Nothing:
                    throw Fault("There is something after the end of the array.");
                default:
                    return await ElementAsync(cancellation);
            }
        }

        return _expected switch
        {
            Expected.Nothing => null,
            Expected.Start => null,
            _ => throw Fault("The file ends within the array."),
        };
    }

    public ValueTask DisposeAsync() => stream.DisposeAsync();

    private async Task<JsonRecord> ElementAsync(CancellationToken cancellation)
    {
        int length;
        while (!TryMeasure(out length))
        {
            if (_end - _start > JsonRecord.MaxBytes)
            {
                throw Fault($"An element of the array is longer than {JsonRecord.MaxBytes >> 20} MiB.");
            }

            await FillAsync(cancellation);
        }

        var record = new JsonRecord(_line, Flatten(_buffer.AsMemory(_start, length)));
        _start += length;
        _expected = Expected.CommaOrEnd;
        return record;
    }

    private bool TryMeasure(out int length)
    {
        var reader = new Utf8JsonReader(_buffer.AsSpan(_start, _end - _start), _complete, new JsonReaderState(Options));
        length = 0;
        try
        {
            if (!reader.Read() || !reader.TrySkip())
            {
                return false;
            }
        }
        catch (JsonException e)
        {
            throw new FileContentException(
                file, _line + (e.LineNumber ?? 0), $"The JSON is not valid here: {JsonFault.Reason(e)} The rest of the file was not read.");
        }

        length = (int)reader.BytesConsumed;
        return true;
    }

    /// <summary>A newline within a JSON value is white space; on the wire it would end the row.</summary>
    private ReadOnlyMemory<byte> Flatten(Memory<byte> json)
    {
        _linesInElement = json.Span.Count((byte)'\n');
        json.Span.Replace((byte)'\n', (byte)' ');
        json.Span.Replace((byte)'\r', (byte)' ');
        return json;
    }

    private async ValueTask<byte?> NextByteAsync(CancellationToken cancellation)
    {
        _line += _linesInElement;
        _linesInElement = 0;
        while (true)
        {
            for (; _start < _end; _start++)
            {
                var next = _buffer[_start];
                if (next == '\n')
                {
                    _line++;
                }
                else if (next is not ((byte)' ' or (byte)'\t' or (byte)'\r'))
                {
                    return next;
                }
            }

            if (_complete)
            {
                return null;
            }

            var first = BytesRead == 0;
            await FillAsync(cancellation);
            if (first && _buffer.AsSpan(_start, _end - _start).StartsWith("\uFEFF"u8))
            {
                _start += 3;
            }
        }
    }

    private async Task FillAsync(CancellationToken cancellation)
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }

        if (_end == _buffer.Length)
        {
            Array.Resize(ref _buffer, _buffer.Length * 2);
        }

        var count = await stream.ReadAsync(_buffer.AsMemory(_end), cancellation);
        _complete = count == 0;
        _end += count;
        BytesRead += count;
    }

    private void Take(Expected next)
    {
        _start++;
        _expected = next;
    }

    private FileContentException Fault(string reason) => new(file, _line, reason);
}
