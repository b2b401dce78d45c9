using System.Text.Json;
using FeatureStore.DaprConformance.Comparing;
using Microsoft.Data.Sqlite;

namespace FeatureStore.DaprConformance.Rows;

/// <summary>The rows that the SQLite component writes.</summary>
public sealed class SqliteRows(string path) : IRows
{
    private const string Row =
        "SELECT value, typeof(value) AS typeof, is_binary, etag, expiration_time IS NOT NULL AS has_expiration_time FROM state WHERE key = $key";

    public async Task CompareAsync(Comparison comparison, JsonElement raw)
    {
        await using var connection = await OpenAsync();
        foreach (var key in raw.EnumerateObject())
        {
            await using var command = new SqliteCommand(Row, connection);
            command.Parameters.AddWithValue("$key", key.Name);
            await using var reader = await command.ExecuteReaderAsync();
            object? row = await reader.ReadAsync()
                ? new
                {
                    value = reader.GetString(0),
                    @typeof = reader.GetString(1),
                    is_binary = reader.GetInt32(2),
                    etag = reader.GetString(3),
                    has_expiration_time = reader.GetBoolean(4),
                }
                : null;
            comparison.Json($"raw.{key.Name}", key.Value, JsonSerializer.SerializeToElement(row));
        }
    }

    public async Task CompareTablesAsync(Comparison comparison, JsonElement step)
    {
        await using var connection = await OpenAsync();
        var tables = await QueryAsync(connection, "SELECT sql FROM sqlite_schema WHERE type = 'table' ORDER BY name");
        var metadata = await QueryAsync(connection, "SELECT key, value FROM metadata ORDER BY key");
        comparison.Json("schema", step.GetProperty("schema"), JsonSerializer.SerializeToElement(tables.Select(t => t[0])));
        comparison.Json("metadata", step.GetProperty("metadata"), JsonSerializer.SerializeToElement(metadata));
    }

    public Task ExecuteAsync(IReadOnlyList<string> command) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task<SqliteConnection> OpenAsync()
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
        await connection.OpenAsync();
        return connection;
    }

    private static async Task<List<string[]>> QueryAsync(SqliteConnection connection, string sql)
    {
        var rows = new List<string[]>();
        await using var command = new SqliteCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            rows.Add([.. Enumerable.Range(0, reader.FieldCount).Select(reader.GetString)]);
        }

        return rows;
    }
}
