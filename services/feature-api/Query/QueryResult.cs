using System.Buffers;
using FeatureStore.FeatureApi.Serving;
using FeatureStore.Model;

namespace FeatureStore.FeatureApi.Query;

/// <summary>What was read, in memory that is lent.</summary>
/// <param name="plan">What was asked for.</param>
/// <param name="rowCount">How many entities.</param>
/// <param name="now">The instant as of which the values are.</param>
internal sealed class QueryResult(QueryPlan plan, int rowCount, Timestamp now) : IDisposable
{
    /// <summary>How much longer the numbers of a vector are than its stored text, at the most.</summary>
    private const int VectorGrowth = 3;

    private ServedValue[] _values = ArrayPool<ServedValue>.Shared.Rent(rowCount * plan.Columns.Count);
    private long? _valueBytes;

    /// <summary>What was asked for.</summary>
    public QueryPlan Plan => plan;

    /// <summary>How many entities.</summary>
    public int RowCount => rowCount;

    /// <summary>The instant as of which the values are.</summary>
    public Timestamp Now => now;

    /// <summary>About how many bytes the values take in a reply.</summary>
    public long ValueBytes => _valueBytes ??= CountBytes();

    /// <summary>The values of an entity, in the order of the plan's columns.</summary>
    public ReadOnlySpan<ServedValue> Row(int row) => RowToFill(row);

    public Span<ServedValue> RowToFill(int row) => _values.AsSpan(row * plan.Columns.Count, plan.Columns.Count);

    /// <summary>Why the reply would be too large; null where it is not. Values that many entities share are read once and written often.</summary>
    public string? FaultOfSize(QueryOptions options) => ValueBytes > options.MaxReplyBytes
        ? $"A reply may have {options.MaxReplyBytes} bytes of values; these are {ValueBytes}. Ask for fewer at once"
        : null;

    public void Dispose()
    {
        // They hold on to documents.
        _values.AsSpan(0, rowCount * plan.Columns.Count).Clear();
        ArrayPool<ServedValue>.Shared.Return(_values);
        _values = [];
    }

    private long CountBytes()
    {
        var bytes = 0L;
        foreach (ref readonly var value in _values.AsSpan(0, rowCount * plan.Columns.Count))
        {
            bytes += value.IsVector ? value.Text.Length * (long)VectorGrowth : value.Text.Length;
        }

        return bytes;
    }
}
