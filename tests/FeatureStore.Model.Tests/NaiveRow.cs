using System.Text;

namespace FeatureStore.Model.Tests;

/// <summary>The merge rule as design prose has it, by brute force over all rows that were ever accepted.</summary>
internal sealed record AcceptedRow(RowOperation Operation, Stamp Stamp, Timestamp Expiry, IReadOnlyDictionary<string, string> Features)
{
    /// <summary>The live features and their values at an instant, in no particular order.</summary>
    public static IEnumerable<(string Name, string Value, Stamp Stamp, Timestamp Expiry)> Live(IReadOnlyList<AcceptedRow> rows, Timestamp now)
    {
        foreach (var name in rows.SelectMany(row => row.Features.Keys).Distinct())
        {
            var said = rows.Where(row => row.Features.ContainsKey(name))
                .Where(row => !rows.Any(other => Buries(other, row.Stamp)))
                .OrderBy(row => row.Stamp.Event.Microseconds)
                .ThenBy(row => row.Stamp.Created.Microseconds)
                .ThenBy(row => row.Operation == RowOperation.Delete)
                .ThenBy(row => row.Expiry.Microseconds)
                .ThenBy(row => row.Features[name], Comparer<string>.Create(
                    (a, b) => Encoding.UTF8.GetBytes(a).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(b))))
                .ToList();
            if (said.Count > 0 && said[^1] is { } newest && newest.Operation != RowOperation.Delete && newest.Expiry > now)
            {
                yield return (name, newest.Features[name], newest.Stamp, newest.Expiry);
            }
        }
    }

    private static bool Buries(AcceptedRow row, Stamp stamp) => row.Operation switch
    {
        RowOperation.Replace => stamp.CompareTo(row.Stamp) < 0,
        RowOperation.Delete => row.Features.Count == 0 && stamp.CompareTo(row.Stamp) <= 0,
        _ => false,
    };
}
