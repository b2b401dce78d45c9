using System.Globalization;
using DuckDB.NET.Data;

namespace FeatureStore.OfflineBenchmarks;

/// <summary>A DuckDB that makes files, and is what history is compared with.</summary>
internal sealed class Database : IDisposable
{
    private readonly DuckDBConnection _connection = new("DataSource=:memory:");

    public Database(string? memory = null, int? threads = null)
    {
        _connection.Open();
        Run("SET TimeZone = 'UTC'");
        if (memory is not null)
        {
            Run($"SET memory_limit = {Text(memory)}");
        }

        if (threads is { } number)
        {
            Run(string.Create(CultureInfo.InvariantCulture, $"SET threads = {number}"));
        }
    }

    public static string Text(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    public void Run(string sql)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <summary>The only row of a query.</summary>
    public object[] Row(string sql)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        reader.Read();
        var values = new object[reader.FieldCount];
        reader.GetValues(values);
        return values;
    }

    public void Dispose() => _connection.Dispose();
}
