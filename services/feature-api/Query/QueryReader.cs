using System.Buffers;
using FeatureStore.Dapr;
using FeatureStore.FeatureApi.Resident;
using FeatureStore.FeatureApi.Serving;
using FeatureStore.Model;

namespace FeatureStore.FeatureApi.Query;

/// <summary>Reads the features of many entities: each row of the online store once, however many entities share it.</summary>
internal sealed class QueryReader(RowSource source, ServingMetrics metrics, TimeProvider time)
{
    /// <summary>Reads what a plan asks for.</summary>
    /// <param name="plan">The features.</param>
    /// <param name="stateKeys">For each entity the state key in each of the plan's views; null where the entity has none there.</param>
    /// <param name="withDefaults">Whether declared defaults fill in.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The values of each entity, in the order of the plan's columns; to be disposed of.</returns>
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

        var documents = await source.ReadAsync(distinct, cancellationToken);
        var now = Timestamp.From(time.GetUtcNow());
        var most = plan.Sorted.Max(columns => columns.Length);
        var entries = ArrayPool<FeatureEntry>.Shared.Rent(most);
        var shared = ArrayPool<ReadOnlyMemory<byte>>.Shared.Rent(most);
        var result = new QueryResult(plan, stateKeys.Count, now);
        for (var i = 0; i < stateKeys.Count; i++)
        {
            for (var view = 0; view < plan.Views.Count; view++)
            {
                var document = stateKeys[i][view] is { } key ? documents[places[key]] : default;
                if (!TryFill(plan, view, document, now, withDefaults, shared, result.RowToFill(i)))
                {
                    Fill(plan, view, document, now, withDefaults, entries, result.RowToFill(i));
                }
            }
        }

        // Not after a failure: they hold on to documents.
        ArrayPool<FeatureEntry>.Shared.Return(entries, clearArray: true);
        ArrayPool<ReadOnlyMemory<byte>>.Shared.Return(shared, clearArray: true);
        return result;
    }

    /// <summary>Fills in the values of a view's columns where its row is as most are: one stamp, one expiry, all live.</summary>
    private bool TryFill(
        QueryPlan plan, int view, ReadOnlyMemory<byte> document, Timestamp now, bool withDefaults, ReadOnlyMemory<byte>[] values, Span<ServedValue> row)
    {
        if (document.IsEmpty || !FeatureSelector.TrySelectShared(document, now, plan.SortedNames[view], values, out var stamp, out var expiry))
        {
            return false;
        }

        var isServed = false;
        var columns = plan.Sorted[view];
        for (var i = 0; i < columns.Length; i++)
        {
            var value = values[i].IsEmpty ? ServedValue.Missing : ServedValue.Live(values[i], stamp, expiry);
            isServed |= value.IsLive;
            row[columns[i]] = withDefaults ? value.OrDefault(plan.Columns[columns[i]].Declared) : value;
        }

        if (isServed)
        {
            metrics.Served(plan.Views[view].Name, stamp.Event, now);
        }

        return true;
    }

    /// <summary>Fills in the values of a view's columns.</summary>
    private void Fill(
        QueryPlan plan, int view, ReadOnlyMemory<byte> document, Timestamp now, bool withDefaults, FeatureEntry[] entries, Span<ServedValue> row)
    {
        var columns = plan.Sorted[view];
        if (!document.IsEmpty)
        {
            FeatureSelector.Select(document, plan.SortedNames[view], entries);
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
