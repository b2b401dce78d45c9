using System.Globalization;
using DuckDB.NET.Data;
using FeatureStore.Model;

namespace FeatureStore.History;

/// <summary>Puts several files of one view and day in the place of one, the same row said twice said once.</summary>
public sealed class PartitionRewriter(HistoryCatalog catalog, DatabaseOptions options) : IDisposable
{
    private readonly SemaphoreSlim _one = new(1);

    /// <summary>Waits until nobody else rewrites: of what is chosen from then on nothing vanishes.</summary>
    /// <returns>To be disposed of when all is rewritten.</returns>
    public async Task<IDisposable> EnterAsync(CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        return new Turn(_one);
    }

    public void Dispose() => _one.Dispose();

    /// <summary>Writes what files say into one new file and lets them go.</summary>
    /// <param name="files">Files of one view and day whose columns of one name are of one type.</param>
    /// <param name="keep">Which rows to keep, as a condition of SQL; null for all.</param>
    /// <param name="cancellationToken">Gives up, and nothing is changed.</param>
    /// <returns>How many rows the new file has; with none there is no file.</returns>
    /// <exception cref="IOException">It could not be written; nothing is changed.</exception>
    public Task<long> RewriteAsync(IReadOnlyList<HistoryFile> files, string? keep, CancellationToken cancellationToken) =>
        Task.Run(() => Rewrite(files, keep, cancellationToken), cancellationToken);

    /// <summary>The files among some of one view and day that can become one, the newest among them.</summary>
    public static IReadOnlyList<HistoryFile> Alike(IReadOnlyList<HistoryFile> files)
    {
        var columns = new Dictionary<string, string>(StringComparer.Ordinal);
        var alike = new List<HistoryFile>();
        foreach (var file in files.OrderByDescending(file => file.Path, StringComparer.Ordinal))
        {
            if (file.Facts.Columns.All(column => !columns.TryGetValue(column.Key, out var type) || type == column.Value))
            {
                alike.Add(file);
                foreach (var (name, type) in file.Facts.Columns)
                {
                    columns[name] = type;
                }
            }
        }

        return alike;
    }

    private long Rewrite(IReadOnlyList<HistoryFile> files, string? keep, CancellationToken cancellationToken)
    {
        var temporary = catalog.Folder.Temporary(".parquet");
        try
        {
            using var connection = HistoryDatabase.Open(options, catalog.Folder);
            // DuckDB's own functions of JSON refuse half a surrogate pair.
            TextFunctions.Register(connection);
            var columns = files.SelectMany(file => file.Facts.Columns).DistinctBy(column => column.Key, StringComparer.Ordinal)
                .OrderBy(column => column.Key, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
            connection.Execute($"""
                CREATE TEMP TABLE merged AS
                SELECT * FROM {Sql.Rows(files)}
                {(keep is null ? "" : $"WHERE {keep}")}
                QUALIFY row_number() OVER (
                  PARTITION BY {HistoryColumns.EntityId}, {HistoryColumns.EventTimestamp}, {HistoryColumns.CreatedTimestamp}, {HistoryColumns.Hash}
                  ORDER BY {HistoryColumns.AcceptedTimestamp}) = 1
                """, cancellationToken);
            var facts = Facts(connection, columns, files);
            if (facts.Rows > 0)
            {
                connection.Execute($"""
                    COPY (SELECT * FROM merged ORDER BY {HistoryColumns.EntityId}, {HistoryColumns.EventTimestamp}, {HistoryColumns.CreatedTimestamp}, {HistoryColumns.Hash})
                    TO {Sql.Text(temporary)} ({HistoryDatabase.ParquetOptions(facts)})
                    """, cancellationToken);
            }

            cancellationToken.ThrowIfCancellationRequested();
            var (view, date) = (files[0].View, files[0].Date);
            catalog.Replace(
                facts.Rows > 0 ? [(temporary, new HistoryFile(catalog.Folder.PathOf(view, date, HistoryFolder.NewName()), view, date, 0, facts))] : [], files);
            return facts.Rows;
        }
        catch (DuckDBException e)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new IOException($"Files of view {files[0].View} of {files[0].Date:O} could not be rewritten: {e.Message}", e);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    private static RowFacts Facts(DuckDBConnection connection, Dictionary<string, string> columns, IReadOnlyList<HistoryFile> files)
    {
        var patterns = connection.Query(
            $"SELECT {HistoryColumns.Operation}, {HistoryColumns.Present}, count(*), max(epoch_us({HistoryColumns.EventTimestamp})) FROM merged GROUP BY 1, 2 ORDER BY 1, 2",
            row => (Pattern: new RowPattern(row.GetString(0), row.GetString(1)), Count: row.GetInt64(2), Newest: new Timestamp(row.GetInt64(3))));
        var sets = new Dictionary<string, (long Count, Timestamp Newest)>(StringComparer.Ordinal);
        foreach (var (pattern, count, newest) in patterns.Where(one => one.Pattern.Operation != "delete"))
        {
            foreach (var name in PresentText.Names(pattern.Present))
            {
                var known = sets.GetValueOrDefault(name, (0, Timestamp.Earliest));
                sets[name] = (known.Count + count, Timestamp.Max(known.Newest, newest));
            }
        }

        var values = columns.Keys.Select(name =>
            $", count(*) FILTER (WHERE {Sql.Name(name)} IS NOT NULL OR {TextFunctions.Exact}({HistoryColumns.Text}, {Sql.Text(name)}) IS NOT NULL)");
        return connection.Query(
            $"""
            SELECT count(*), min(epoch_us({HistoryColumns.EventTimestamp})), max(epoch_us({HistoryColumns.EventTimestamp})),
              count(DISTINCT ({HistoryColumns.EntityId}, {HistoryColumns.EventTimestamp})), count({HistoryColumns.Text}){string.Concat(values)}
            FROM merged
            """,
            row => new RowFacts
            {
                Rows = row.GetInt64(0),
                OldestEvent = row.IsDBNull(1) ? Timestamp.Never : new Timestamp(row.GetInt64(1)),
                NewestEvent = row.IsDBNull(2) ? Timestamp.Earliest : new Timestamp(row.GetInt64(2)),
                IsUnique = row.GetInt64(3) == row.GetInt64(0),
                HasText = row.GetInt64(4) > 0,
                Patterns = patterns.Count > RowFacts.MaxPatterns ? null : patterns.ConvertAll(one => one.Pattern),
                Columns = columns,
                Features = sets.ToDictionary(
                    set => set.Key,
                    set => new FeatureFacts(
                        set.Value.Count, Nulls(set.Key, set.Value.Count, columns.Keys.ToList().IndexOf(set.Key), row, files), set.Value.Newest),
                    StringComparer.Ordinal),
                // And those that these replaced, should they be there still.
                Replaces =
                [
                    .. files.Select(file => Path.GetFileName(file.Path)),
                    .. files.SelectMany(file => file.Facts.Replaces.Where(name => File.Exists(Path.Combine(Path.GetDirectoryName(file.Path)!, name)))),
                ],
            })[0];
    }

    /// <summary>How many rows set a feature to null: counted where it has a column, else as the files before have it.</summary>
    private static long Nulls(string feature, long set, int column, System.Data.Common.DbDataReader row, IReadOnlyList<HistoryFile> files) => column >= 0
        ? Math.Max(0, set - row.GetInt64(5 + column))
        : Math.Min(set, files.Sum(file => file.Facts.Features.GetValueOrDefault(feature)?.Null ?? 0));

    private sealed class Turn(SemaphoreSlim one) : IDisposable
    {
        public void Dispose() => one.Release();
    }
}
