using System.Buffers;

namespace FeatureStore.Client;

/// <summary>The rows of one request, one a line, and which rows of the stream they are.</summary>
internal sealed class RowBatch
{
    private readonly ArrayBufferWriter<byte> _body = new();
    private readonly List<Line> _lines = [];

    /// <summary>The rows as NDJSON.</summary>
    public ReadOnlyMemory<byte> Body => _body.WrittenMemory;

    public int Count => _lines.Count;

    public Line this[int line] => _lines[line];

    /// <summary>Whether a row of a size can be added.</summary>
    public bool HasRoom(int bytes, WriteManyOptions options) =>
        Count == 0 || (Count < options.BatchRows && _body.WrittenCount + bytes + 1 <= options.BatchBytes);

    public void Add(ReadOnlySpan<byte> json, long index, FeatureRow row)
    {
        var line = _body.GetSpan(json.Length + 1);
        json.CopyTo(line);
        // A converter may lay out its JSON over several lines; outside of strings, where no line break stands, that is blank space.
        line[..json.Length].Replace((byte)'\n', (byte)' ');
        line[..json.Length].Replace((byte)'\r', (byte)' ');
        line[json.Length] = (byte)'\n';
        _body.Advance(json.Length + 1);
        _lines.Add(new Line(index, row, _body.WrittenCount));
    }

    /// <summary>A batch of some of the rows.</summary>
    /// <param name="ranges">Inclusive ranges of them, the first row being 0.</param>
    public RowBatch Only(IEnumerable<(int First, int Last)> ranges)
    {
        var part = new RowBatch();
        foreach (var (first, last) in ranges)
        {
            for (var i = first; i <= last; i++)
            {
                var start = i == 0 ? 0 : _lines[i - 1].End;
                part._body.Write(_body.WrittenSpan[start.._lines[i].End]);
                part._lines.Add(_lines[i] with { End = part._body.WrittenCount });
            }
        }

        return part;
    }

    /// <param name="Index">Which row of the stream it is, counted from 0.</param>
    /// <param name="Row">The row.</param>
    /// <param name="End">Where its line ends in the body.</param>
    internal readonly record struct Line(long Index, FeatureRow Row, int End);
}
