using System.Buffers;
using FeatureStore.Dapr;
using FeatureStore.FeatureApi.Serving;
using FeatureStore.Model;

namespace FeatureStore.FeatureApi.Query;

/// <summary>Reads the features of many entities: each row of the online store once, however many entities share it.</summary>
internal sealed class QueryReader(OnlineReader online, ServingMetrics metrics, TimeProvider time)
{
    /// <summary>Reads what a plan asks for.</summary>
    /// <param name="plan">The features.</param>
    /// <param name="stateKeys">For each entity the state key in each of the plan's views; null where the entity has none there.</param>
    /// <param name="withDefaults">Whether declared defaults fill in.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The values of each entity, in the order of the plan's columns.</returns>
    /// <exception cref="StateStoreException">A row could not be read.</exception>
    public async Task<QueryResult> ReadAsync(
        QueryPlan plan, IReadOnlyList<string?[]> stateKeys, bool withDefaults, CancellationToken cancellationToken)
    {
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        var distinct = new List<string>();
        foreach (var keys in stateKeys)
        {
            foreach (var key in keys)
            {
                if (key is not null && places.TryAdd(key, distinct.Count))
                {
                    distinct.Add(key);
                }
            }
        }

        var documents = await online.ReadAsync(distinct, cancellationToken);
        var now = Timestamp.From(time.GetUtcNow());
        var most = plan.Sorted.Max(columns => columns.Length);
        var entries = ArrayPool<FeatureEntry>.Shared.Rent(most);
        var rows = new ServedValue[stateKeys.Count][];
        for (var i = 0; i < rows.Length; i++)
        {
            rows[i] = new ServedValue[plan.Columns.Count];
            for (var view = 0; view < plan.Views.Count; view++)
            {
                var document = stateKeys[i][view] is { } key ? documents[places[key]] : default;
                Fill(plan, view, document, now, withDefaults, entries, rows[i]);
            }
        }

        // Not after a failure: the entries hold on to documents.
        ArrayPool<FeatureEntry>.Shared.Return(entries, clearArray: true);
        return new QueryResult(plan, rows, now);
    }

    /// <summary>Fills in the values of a view's columns.</summary>
    private void Fill(
        QueryPlan plan, int view, ReadOnlyMemory<byte> document, Timestamp now, bool withDefaults, FeatureEntry[] entries, ServedValue[] row)
    {
        var columns = plan.Sorted[view];
        if (!document.IsEmpty)
        {
            StoredRowReader.Select(document, plan.SortedNames[view], entries);
        }

        var newest = Timestamp.Earliest;
        for (var i = 0; i < columns.Length; i++)
        {
            var value = document.IsEmpty || entries[i].Name.IsEmpty ? ServedValue.Missing : ServedValue.Of(entries[i], now);
            newest = value is { IsLive: true, Stamp: { } stamp } ? Timestamp.Max(newest, stamp.Event) : newest;
            row[columns[i]] = withDefaults ? value.OrDefault(plan.Columns[columns[i]].Declared) : value;
        }

        if (newest > Timestamp.Earliest)
        {
            metrics.Served(plan.Views[view].Name, newest, now);
        }
    }
}

/// <summary>What was read.</summary>
/// <param name="Plan">What was asked for.</param>
/// <param name="Rows">The values of each entity, in the order of the plan's columns.</param>
/// <param name="Now">The instant as of which they are.</param>
internal sealed record QueryResult(QueryPlan Plan, IReadOnlyList<ServedValue[]> Rows, Timestamp Now)
{
    /// <summary>About how many bytes the values take in a reply.</summary>
    public long ValueBytes { get; } = Rows.Sum(row => row.Sum(value => (long)value.Text.Length * (value.IsVector ? VectorGrowth : 1)));

    /// <summary>How much longer the numbers of a vector are than its stored text, at the most.</summary>
    private const int VectorGrowth = 3;

    /// <summary>Why the reply would be too large; null where it is not. Values that many entities share are read once and written often.</summary>
    public string? FaultOfSize(QueryOptions options) => ValueBytes > options.MaxReplyBytes
        ? $"A reply may have {options.MaxReplyBytes} bytes of values; these are {ValueBytes}. Ask for fewer at once"
        : null;
}
