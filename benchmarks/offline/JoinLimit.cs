using System.Globalization;

namespace FeatureStore.OfflineBenchmarks;

/// <summary>What somebody would write who knows these files: one ASOF join a view, and the ttl a constant.</summary>
internal static class JoinLimit
{
    /// <summary>Writes the set.</summary>
    /// <param name="files">The history.</param>
    /// <param name="events">The events.</param>
    /// <param name="output">The set.</param>
    /// <param name="memory">The most memory of DuckDB; null for four fifths of the machine's.</param>
    /// <param name="isOrdered">Whether it keeps the order of the events, which such a query does not by itself.</param>
    /// <param name="explains">Whether to print where the time went.</param>
    public static void Run(JoinFiles files, string events, string output, string? memory, bool isOrdered, bool explains)
    {
        var clock = Measured.Start();
        using var database = new Database(memory);
        var statement = $"COPY ({Query(files, events, isOrdered)}) TO {Database.Text(output)} (FORMAT parquet, COMPRESSION zstd)";
        if (explains)
        {
            Console.WriteLine(database.Row("EXPLAIN ANALYZE " + statement)[1]);
            return;
        }

        database.Run(statement);
        clock.End().Print();
    }

    /// <summary>Fails if two sets have not the same rows.</summary>
    public static void Compare(string left, string right)
    {
        using var database = new Database();
        var (a, b) = (Sum(left), Sum(right));
        if (!a.SequenceEqual(b))
        {
            throw new InvalidOperationException($"{left} and {right} differ.");
        }

        object[] Sum(string path)
        {
            // By their places, as names differ where several views have a feature of one name.
            var values = database.Row($"SELECT string_agg('\"' || name || '\"', ', ' ORDER BY rank) FROM (SELECT name, row_number() OVER () AS rank FROM parquet_schema({Database.Text(path)}) WHERE num_children IS NULL)")[0];
            return database.Row($"SELECT count(*), sum(hash({values})) FROM read_parquet({Database.Text(path)})");
        }
    }

    private static string Query(JoinFiles files, string events, bool isOrdered)
    {
        var columns = new List<string>();
        var joins = new List<string>();
        for (var view = 0; view < files.Views; view++)
        {
            foreach (var part in Parts(files.Layout))
            {
                var alias = string.Create(CultureInfo.InvariantCulture, $"h{joins.Count}");
                var name = files.Views == 1 ? "" : JoinFiles.View(view) + "__";
                columns.AddRange(part.Features.Select(feature => string.Create(
                    CultureInfo.InvariantCulture, $"CASE WHEN e.at < {alias}._event_timestamp + INTERVAL 1 DAY THEN {alias}.f{feature} END AS {name}f{feature}")));
                var rows = $"read_parquet({Database.Text(files.Glob(view))}, hive_partitioning = false)";
                joins.Add($"""
                    ASOF LEFT JOIN {(part.Present is null ? rows : $"(FROM {rows} WHERE _present = {Database.Text(part.Present)})")} AS {alias}
                    ON e.user_id = {alias}._entity_id AND e.at >= {alias}._event_timestamp
                    """);
            }
        }

        var source = $"read_parquet({Database.Text(events)}{(isOrdered ? ", file_row_number = true" : "")})";
        var order = isOrdered ? " ORDER BY e.file_row_number" : "";
        return $"SELECT e.user_id, e.at, e.label, {string.Join(", ", columns)} FROM {source} AS e {string.Join(' ', joins)}{order}";
    }

    /// <summary>The features that are said together, and what says them; null where that is all rows.</summary>
    private static IEnumerable<(string? Present, int[] Features)> Parts(HistoryLayout layout) => layout == HistoryLayout.Partial
        ? [(JoinFiles.FirstPart, [0, 1, 2]), (JoinFiles.SecondPart, [3, 4])]
        : [(null, [0, 1, 2, 3, 4])];
}
