using DuckDB.NET.Data;
using FeatureStore.Model;

namespace FeatureStore.History;

/// <summary>
/// Drops rows that are older than their view's retention, but none on which the answer at any later moment depends: a row is kept whose
/// values still lived at the edge of the retention, or that hides older ones which did, if no row between it and the edge says all that it
/// says.
/// </summary>
public sealed class HistoryRetention(HistoryCatalog catalog, PartitionRewriter rewriter, DatabaseOptions options, TimeProvider time)
{
    /// <summary>
    /// For so long, in microseconds, a row may count later than it was true, by a lag or because it came late, and still leave the older one
    /// to answer.
    /// </summary>
    private const long Margin = 86_400_000_000;

    /// <summary>Drops what has had its time of one view.</summary>
    /// <returns>How many rows were dropped.</returns>
    /// <exception cref="IOException">Not all could be dropped. Doing it again goes on.</exception>
    public async Task<long> DropAsync(FeatureView view, CancellationToken cancellationToken)
    {
        if (view.Retention is not { } retention)
        {
            return 0;
        }

        // Whole days: a day is looked at once all of it is past.
        var edge = DateOnly.FromDateTime((time.GetUtcNow() - retention).UtcDateTime);
        using var turn = await rewriter.EnterAsync(cancellationToken);
        var dropped = 0L;
        foreach (var file in catalog.Files.GetValueOrDefault(view.Name, []).Where(file => file.Date < edge).OrderBy(file => file.Date))
        {
            var old = catalog.Files[view.Name].Where(other => other.Date < edge).ToList();
            var kept = await Task.Run(() => KeptHashes(file, old, edge), cancellationToken);
            if (kept.Count < file.Facts.Rows)
            {
                var left = await rewriter.RewriteAsync([file], kept.Count == 0 ? "false" : $"{HistoryColumns.Hash} IN ({string.Join(", ", kept)})", cancellationToken);
                dropped += file.Facts.Rows - left;
            }
        }

        return dropped;
    }

    /// <summary>The hashes of the rows of a file that are kept.</summary>
    private List<ulong> KeptHashes(HistoryFile file, IReadOnlyList<HistoryFile> old, DateOnly edge)
    {
        try
        {
            using var connection = HistoryDatabase.Open(options, catalog.Folder);
            var (entity, at, created, present, operation) = (
                HistoryColumns.EntityId, HistoryColumns.EventTimestamp, HistoryColumns.CreatedTimestamp, HistoryColumns.Present, HistoryColumns.Operation);
            var instant = Timestamp.From(new DateTimeOffset(edge.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero)).Microseconds;
            var lives = $"({operation} <> 'delete' AND ({HistoryColumns.Ttl} IS NULL OR epoch_us({at}) + {HistoryColumns.Ttl} > {instant}))";
            return connection.Query(
                $"""
                SELECT DISTINCT one.{HistoryColumns.Hash} FROM {Sql.Rows([file])} AS one
                WHERE ({lives} OR EXISTS (
                    SELECT 1 FROM (SELECT * FROM {Sql.Rows(old.Where(other => other.Date <= file.Date))} WHERE {lives}) AS older
                    WHERE older.{entity} = one.{entity} AND ({Stamp("older")}) <= ({Stamp("one")}) AND older.{HistoryColumns.Hash} <> one.{HistoryColumns.Hash}))
                  AND NOT EXISTS (
                    SELECT 1 FROM {Sql.Rows(old.Where(other => other.Date >= file.Date))} AS later
                    WHERE later.{entity} = one.{entity} AND ({Stamp("later")}) > ({Stamp("one")})
                      AND epoch_us(later.{at}) <= {instant - Margin}
                      AND epoch_us(later.{created}) <= greatest(epoch_us(one.{created}), {instant - Margin})
                      AND epoch_us(later.{HistoryColumns.AcceptedTimestamp}) <= greatest(epoch_us(one.{HistoryColumns.AcceptedTimestamp}), {instant - Margin})
                      AND (later.{operation} = 'replace' OR (later.{operation} = 'delete' AND later.{present} = '[]')
                        OR (later.{operation} = one.{operation} AND later.{present} = one.{present})))
                """,
                row => (ulong)Convert.ToDecimal(row.GetValue(0), System.Globalization.CultureInfo.InvariantCulture));

            string Stamp(string of) => $"{of}.{at}, {of}.{created}";
        }
        catch (DuckDBException e)
        {
            throw new IOException($"History cannot be read: {e.Message}", e);
        }
    }
}
