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
        var distinct = new List<(string Key, int View)>();
        foreach (var keys in stateKeys)
        {
            for (var view = 0; view < keys.Length; view++)
            {
                if (keys[view] is { } key && places.TryAdd(key, distinct.Count))
                {
                    distinct.Add((key, view));
                }
            }
        }

        var documents = await online.ReadAsync(distinct.ConvertAll(row => row.Key), cancellationToken);
        var now = Timestamp.From(time.GetUtcNow());
        var rows = new ServedValue[distinct.Count][];
        for (var i = 0; i < rows.Length; i++)
        {
            rows[i] = Take(plan, distinct[i].View, documents[i], now, withDefaults);
        }

        return new QueryResult(plan, [.. stateKeys.Select(keys => Join(plan, keys, places, rows, withDefaults))], now);
    }

    /// <summary>The values of a view's columns, in the order of <see cref="QueryPlan.Sorted"/>.</summary>
    private ServedValue[] Take(QueryPlan plan, int view, ReadOnlyMemory<byte> document, Timestamp now, bool withDefaults)
    {
        var sorted = plan.Sorted[view];
        var values = new ServedValue[sorted.Length];
        var entries = (document.IsEmpty ? StoredRow.Empty : StoredRowReader.Decode(document)).Entries;
        var newest = Timestamp.Earliest;
        var next = 0;
        for (var i = 0; i < sorted.Length; i++)
        {
            var column = plan.Columns[sorted[i]];
            var order = -1;
            while (next < entries.Length && (order = entries[next].Name.Span.SequenceCompareTo(column.OwnName.Span)) < 0)
            {
                next++;
            }

            var value = order == 0 && next < entries.Length ? ServedValue.Of(entries[next], now) : ServedValue.Missing;
            newest = value is { IsLive: true, Stamp: { } stamp } ? Timestamp.Max(newest, stamp.Event) : newest;
            values[i] = withDefaults ? value.OrDefault(column.Declared) : value;
        }

        if (newest > Timestamp.Earliest)
        {
            metrics.Served(plan.Views[view].Name, newest, now);
        }

        return values;
    }

    private static ServedValue[] Join(QueryPlan plan, string?[] keys, Dictionary<string, int> places, ServedValue[][] rows, bool withDefaults)
    {
        var values = new ServedValue[plan.Columns.Count];
        for (var view = 0; view < keys.Length; view++)
        {
            var row = keys[view] is { } key ? rows[places[key]] : null;
            var sorted = plan.Sorted[view];
            for (var i = 0; i < sorted.Length; i++)
            {
                values[sorted[i]] = row is not null ? row[i]
                    : withDefaults ? ServedValue.Missing.OrDefault(plan.Columns[sorted[i]].Declared)
                    : ServedValue.Missing;
            }
        }

        return values;
    }
}

/// <summary>What was read.</summary>
/// <param name="Plan">What was asked for.</param>
/// <param name="Rows">The values of each entity, in the order of the plan's columns.</param>
/// <param name="Now">The instant as of which they are.</param>
internal sealed record QueryResult(QueryPlan Plan, IReadOnlyList<ServedValue[]> Rows, Timestamp Now);
