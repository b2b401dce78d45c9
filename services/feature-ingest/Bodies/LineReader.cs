using System.Buffers;
using System.IO.Pipelines;

namespace FeatureStore.FeatureIngest.Bodies;

/// <summary>Reads lines from a body of any length, in memory bounded by the longest line allowed.</summary>
internal sealed class LineReader(PipeReader body, int maxLineBytes)
{
    private static readonly byte[] ByteOrderMark = [0xEF, 0xBB, 0xBF];

    private bool _isSkipping;
    private bool _isDone;

    /// <summary>The number of the line that was read last, counted from 1.</summary>
    public long Number { get; private set; }

    /// <summary>Reads the next line, of its own memory.</summary>
    /// <returns>
    /// The line without its end, or null after the last; <c>IsTooLong</c> for one beyond the limit, which is passed over.
    /// </returns>
    public async ValueTask<Line?> ReadAsync(CancellationToken cancellationToken)
    {
        while (!_isDone)
        {
            var read = await body.ReadAsync(cancellationToken);
            var buffer = read.Buffer;
            if (buffer.PositionOf((byte)'\n') is { } end)
            {
                var line = Take(buffer.Slice(0, end));
                body.AdvanceTo(buffer.GetPosition(1, end));
                return line;
            }

            if (read.IsCompleted)
            {
                _isDone = true;
                var last = buffer.IsEmpty && !_isSkipping ? (Line?)null : Take(buffer);
                body.AdvanceTo(buffer.End);
                return last;
            }

            if (buffer.Length > maxLineBytes)
            {
                _isSkipping = true;
            }

            // A line that is too long is passed over as it comes, so that it is never held whole.
            body.AdvanceTo(_isSkipping ? buffer.End : buffer.Start, buffer.End);
        }

        return null;
    }

    private Line Take(ReadOnlySequence<byte> text)
    {
        Number++;
        if (_isSkipping || text.Length > maxLineBytes)
        {
            _isSkipping = false;
            return new Line(default, IsTooLong: true);
        }

        var line = text.ToArray().AsMemory();
        if (Number == 1 && line.Span.StartsWith(ByteOrderMark))
        {
            line = line[ByteOrderMark.Length..];
        }

        return new Line(line.Trim(" \t\r"u8), IsTooLong: false);
    }

    /// <summary>One line.</summary>
    public readonly record struct Line(ReadOnlyMemory<byte> Text, bool IsTooLong);
}
