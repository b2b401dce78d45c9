using System.Text.Json;
using DuckDB.NET.Data;

namespace FeatureStore.History;

/// <summary>DuckDB in memory, as history works with it: it reaches no network, and keeps to UTC.</summary>
internal static class HistoryDatabase
{
    /// <summary>The key of what is known of a file's rows, in its metadata.</summary>
    public const string FactsKey = "featurestore";

    /// <summary>Starts one.</summary>
    /// <param name="settings">Settings of DuckDB, each <c>name=value</c>.</param>
    public static DuckDBConnection Open(params string[] settings)
    {
        var connection = new DuckDBConnection(string.Join(
            ';', ["DataSource=:memory:", "autoinstall_known_extensions=false", "autoload_known_extensions=false", .. settings]));
        try
        {
            connection.Open();
            connection.Execute("SET TimeZone = 'UTC'");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Starts one that keeps to limits, and to a folder for what does not fit into memory.</summary>
    public static DuckDBConnection Open(DatabaseOptions options, HistoryFolder folder)
    {
        var connection = Open($"threads={options.Threads}", $"memory_limit={options.MemoryLimit}");
        connection.Execute($"SET temp_directory = {Sql.Text(folder.Temporary(".spill"))}");
        return connection;
    }

    /// <summary>Runs a statement, which is cut short where it is given up.</summary>
    public static void Execute(this DuckDBConnection connection, string sql, CancellationToken cancellationToken = default)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var cancellation = cancellationToken.Register(command.Cancel);
        command.ExecuteNonQuery();
    }

    /// <summary>Runs a query.</summary>
    public static List<T> Query<T>(this DuckDBConnection connection, string sql, Func<System.Data.Common.DbDataReader, T> read)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        var rows = new List<T>();
        while (reader.Read())
        {
            rows.Add(read(reader));
        }

        return rows;
    }

    /// <summary>How files of history are written.</summary>
    public static string ParquetOptions(RowFacts facts) =>
        $"FORMAT parquet, COMPRESSION zstd, KV_METADATA {{{FactsKey}: {Sql.Text(JsonSerializer.Serialize(facts, HistoryJson.Default.RowFacts))}}}";
}
