using System.Text;
using Microsoft.Data.Sqlite;

namespace FeatureStore.DevSidecar.State.Sqlite;

/// <summary>A connection that reads single rows. Not thread-safe.</summary>
internal sealed class SqliteReader : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _select;
    private readonly SqliteParameter _key;
    private readonly SqliteParameter _now;

    public SqliteReader(SqliteConnection connection, string table)
    {
        _connection = connection;
        _select = connection.CreateCommand();
        _select.CommandText =
            $"SELECT value, is_binary, etag, expiration_time FROM {table} "
            + "WHERE key = $key AND (expiration_time IS NULL OR expiration_time > $now)";
        _key = _select.Parameters.Add("$key", SqliteType.Text);
        _now = _select.Parameters.Add("$now", SqliteType.Text);
    }

    public StateRead Read(int index, string key, string now)
    {
        _key.Value = key;
        _now.Value = now;
        using var row = _select.ExecuteReader();
        if (!row.Read())
        {
            return StateRead.Absent(index);
        }

        var text = row.GetString(0);
        var value = row.GetBoolean(1) ? Convert.FromBase64String(text) : Encoding.UTF8.GetBytes(text);
        return new StateRead(index, value, row.GetString(2), row.IsDBNull(3) ? null : SqliteTime.Parse(row.GetString(3)), null);
    }

    public void Dispose()
    {
        _select.Dispose();
        _connection.Dispose();
    }
}
