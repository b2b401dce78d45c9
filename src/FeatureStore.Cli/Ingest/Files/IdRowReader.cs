using System.Text;

namespace FeatureStore.Cli.Ingest;

/// <summary>Reads entity ids, one a line, for rows that delete; blank lines are skipped.</summary>
internal sealed class IdRowReader(string file, Stream stream, RowMapping mapping) : IRowReader
{
    private readonly StreamReader _text = new(
        stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: true, throwOnInvalidBytes: true), detectEncodingFromByteOrderMarks: false);

    private readonly RowBuilder _row = new();
    private long _line;

    public long BytesRead => stream.CanSeek ? stream.Position : 0;

    public IReadOnlyList<SourceColumn>? Columns => null;

    public async ValueTask<RowResult?> ReadAsync(CancellationToken cancellation)
    {
        try
        {
            while (await _text.ReadLineAsync(cancellation) is { } line)
            {
                _line++;
                if (line.Trim() is { Length: > 0 } id)
                {
                    _row.Begin(mapping, [id], null, null);
                    return new RowResult(_line, _row.End(), _row.IsStamped, null);
                }
            }

            return null;
        }
        catch (DecoderFallbackException)
        {
            throw new FileContentException(file, _line + 1, "The text from here on is not UTF-8.");
        }
    }

    public async ValueTask DisposeAsync()
    {
        _row.Dispose();
        _text.Dispose();
        await stream.DisposeAsync();
    }
}
