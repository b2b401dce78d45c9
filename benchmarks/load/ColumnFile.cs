using System.Globalization;
using DuckDB.NET.Native;

namespace FeatureStore.LoadBaselines;

/// <summary>Writes rows of an id, a time, two numbers, a text and a vector: as Parquet, or as NDJSON where the file is named so.</summary>
internal static class ColumnFile
{
    public static void Write(string file, long rows)
    {
        var format = Path.GetExtension(file) == ".ndjson" ? "json" : "parquet, ROW_GROUP_SIZE 122880";
        var count = rows.ToString(CultureInfo.InvariantCulture);
        Run($"""
            COPY (SELECT range::VARCHAR AS id, strftime(TIMESTAMP '2026-01-01' + INTERVAL (range) MILLISECOND, '%Y-%m-%dT%H:%M:%S.%fZ') AS t,
                range AS whole, range / 7 AS ratio, md5(range::VARCHAR) AS text, [range / 3, range / 5, range / 9, range / 11]::FLOAT[] AS vector
              FROM range({count})) TO '{file.Replace("'", "''", StringComparison.Ordinal)}' (FORMAT {format})
            """);
    }

    private static void Run(string sql)
    {
        Check(NativeMethods.Startup.DuckDBOpen(":memory:", out var database), "DuckDB does not start");
        using (database)
        {
            Check(NativeMethods.Startup.DuckDBConnect(database, out var connection), "DuckDB takes no connection");
            using (connection)
            {
                var state = NativeMethods.Query.DuckDBQuery(connection, sql, out var result);
                Check(state, state == DuckDBState.Success ? "" : NativeMethods.Query.DuckDBResultError(ref result));
                NativeMethods.Query.DuckDBDestroyResult(ref result);
            }
        }
    }

    private static void Check(DuckDBState state, string fault)
    {
        if (state != DuckDBState.Success)
        {
            throw new LoadFailedException(fault);
        }
    }
}
