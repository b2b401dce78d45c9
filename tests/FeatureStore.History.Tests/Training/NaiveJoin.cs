using System.Text;
using FeatureStore.Model;

namespace FeatureStore.History.Tests;

/// <summary>What the online store would have answered, found out by applying every visible row to it.</summary>
internal static class NaiveJoin
{
    /// <summary>The JSON text of the value of a feature of an entity at a time; null where there is none.</summary>
    public static string? Answer(
        IEnumerable<HistoryRow> rows, FeatureView view, string entityId, string feature, long time, VisibleFrom visibleFrom, long lag)
    {
        var state = rows.Where(row => row.EntityId == entityId)
            .Where(row => VisibleAt(row, visibleFrom, lag) <= time)
            .Aggregate(StoredRow.Empty, (state, row) => StoredRow.Join(state, Of(row, view)));
        foreach (var entry in state.Entries)
        {
            if (Encoding.UTF8.GetString(entry.Name.Span) == feature)
            {
                var value = entry.IsVector ? VectorText.Expand(entry.Value.Span) : entry.Value;
                return entry.Kind == EntryKind.Value && entry.Expiry > HistoryRow.At(time) ? Encoding.UTF8.GetString(value.Span) : null;
            }
        }

        return null;
    }

    private static long VisibleAt(HistoryRow row, VisibleFrom visibleFrom, long lag) => visibleFrom switch
    {
        VisibleFrom.Accepted => row.Accepted,
        VisibleFrom.Created => Math.Max(row.Event + lag, row.Created),
        _ => row.Event + lag,
    };

    private static StoredRow Of(HistoryRow row, FeatureView view)
    {
        var incoming = new IncomingRow
        {
            View = view.Name,
            Keys = row.Keys,
            StateKey = $"{view.Name}/{row.EntityId}",
            Operation = row.Operation,
            TtlMicroseconds = row.Ttl,
            Features = [.. row.Names.Select(name => Value(name, row.Features[name], row.Operation, view.Find(name)))],
        };

        // Long before anything expires, so that nothing is forgotten.
        return StoredRow.Of(incoming, new Stamp(HistoryRow.At(row.Event), HistoryRow.At(row.Created)), HistoryRow.At(-1_000_000_000), new Lateness());
    }

    private static FeatureValue Value(string name, string json, RowOperation operation, Feature? declared)
    {
        var value = operation == RowOperation.Delete ? [] : Encoding.UTF8.GetBytes(json);
        var isVector = value.Length > 0 && json != "null" && declared?.Type.IsVector == true;
        return new FeatureValue(Encoding.UTF8.GetBytes(name), isVector ? VectorText.Compact(value) : value, isVector);
    }
}
