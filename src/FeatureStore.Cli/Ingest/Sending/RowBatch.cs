using System.Buffers;

namespace FeatureStore.Cli.Ingest;

/// <summary>The rows of one request, in order, and where each came from.</summary>
internal sealed class RowBatch
{
    /// <summary>The most rows of a request.</summary>
    public const int MaxRows = 5_000;

    /// <summary>The most bytes of a request, unless a single row is longer.</summary>
    public const int MaxBytes = 4 << 20;

    private readonly ArrayBufferWriter<byte> _body = new();
    private readonly List<int> _ends = [];
    private readonly List<RowLocation> _locations = [];

    /// <summary>The rows, one a line.</summary>
    public ReadOnlyMemory<byte> Body => _body.WrittenMemory;

    public int Count => _ends.Count;

    /// <summary>Where each row came from; line n of the request is at n − 1.</summary>
    public IReadOnlyList<RowLocation> Locations => _locations;

    /// <summary>Whether a row has no event time: the service stamps it, so it must not overtake another.</summary>
    public bool HasUnstampedRows { get; private set; }

    /// <summary>How much of the files the rows, and what was passed over among them, take.</summary>
    public long FileBytes { get; set; }

    public bool Fits(int rowBytes) => Count == 0 || (Count < MaxRows && _body.WrittenCount + rowBytes + 1 <= MaxBytes);

    public void Add(ReadOnlySpan<byte> row, RowLocation location, bool stamped)
    {
        _body.Write(row);
        _body.Write("\n"u8);
        _ends.Add(_body.WrittenCount);
        _locations.Add(location);
        HasUnstampedRows |= !stamped;
    }

    /// <summary>Fills an empty batch with some lines of another one.</summary>
    /// <param name="batch">The batch of which part must be sent again.</param>
    /// <param name="lines">Inclusive ranges of its lines, the first being 1.</param>
    public static RowBatch Of(RowBatch batch, IEnumerable<(int From, int To)> lines)
    {
        var part = new RowBatch();
        foreach (var (from, to) in lines)
        {
            for (var line = from; line <= to; line++)
            {
                var start = line == 1 ? 0 : batch._ends[line - 2];
                part._body.Write(batch.Body.Span[start..batch._ends[line - 1]]);
                part._ends.Add(part._body.WrittenCount);
                part._locations.Add(batch._locations[line - 1]);
            }
        }

        part.HasUnstampedRows = batch.HasUnstampedRows;
        return part;
    }

    public void Clear()
    {
        _body.ResetWrittenCount();
        _ends.Clear();
        _locations.Clear();
        HasUnstampedRows = false;
        FileBytes = 0;
    }
}
