using DuckDB.NET.Data;
using FeatureStore.Model;

namespace FeatureStore.History;

/// <summary>
/// Drops rows that are older than their view's retention, but none on which the answer at any later moment depends: a row is kept whose
/// values still lived at the edge of the retention, if no row between it and the edge says all that it says.
/// </summary>
public sealed class HistoryRetention(HistoryCatalog catalog, PartitionRewriter rewriter, RewriteOptions options, TimeProvider time)
{
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
        var all = catalog.Files.GetValueOrDefault(view.Name, []);
        var dropped = 0L;
        foreach (var day in all.Where(file => file.Date < edge).GroupBy(file => file.Date).OrderBy(day => day.Key))
        {
            foreach (var file in day.ToList())
            {
                if (await Task.Run(() => KeptHashes(file, [.. all.Where(other => other.Date >= file.Date && other.Date < edge)], edge), cancellationToken) is { } kept
                    && kept.Count < file.Facts.Rows)
                {
                    var left = await rewriter.RewriteAsync([file], kept.Count == 0 ? "false" : $"{HistoryColumns.Hash} IN ({string.Join(", ", kept)})", cancellationToken);
                    dropped += file.Facts.Rows - left;
                }
            }

            all = catalog.Files.GetValueOrDefault(view.Name, []);
        }

        return dropped;
    }

    /// <summary>The hashes of the rows of a file that are kept.</summary>
    private List<ulong> KeptHashes(HistoryFile file, IReadOnlyList<HistoryFile> untilEdge, DateOnly edge)
    {
        try
        {
            using var connection = HistoryDatabase.Open($"threads={options.Threads}", $"memory_limit={options.MemoryLimit}");
            connection.Execute($"SET temp_directory = {Sql.Text(catalog.Folder.Temporary(".spill"))}");
            var (entity, at, created, present, operation) = (
                HistoryColumns.EntityId, HistoryColumns.EventTimestamp, HistoryColumns.CreatedTimestamp, HistoryColumns.Present, HistoryColumns.Operation);
            var instant = Timestamp.From(new DateTimeOffset(edge.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero)).Microseconds;
            // A delete that hides nothing any more is kept all the same, until a later one of the entity takes its place.
            return connection.Query(
                $"""
                WITH old AS (
                  SELECT * FROM {Sql.Rows([file])}
                  WHERE {operation} = 'delete' OR {HistoryColumns.Ttl} IS NULL OR epoch_us({at}) + {HistoryColumns.Ttl} > {instant}
                )
                SELECT DISTINCT old.{HistoryColumns.Hash} FROM old
                WHERE NOT EXISTS (
                  SELECT 1 FROM {Sql.Rows(untilEdge)} AS later
                  WHERE later.{entity} = old.{entity} AND ({Stamp("later")}) > ({Stamp("old")})
                    AND (later.{operation} = 'replace' OR (later.{operation} = 'delete' AND later.{present} = '[]')
                      OR (later.{operation} = old.{operation} AND later.{present} = old.{present}))
                )
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
