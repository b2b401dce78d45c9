using System.Text;
using Microsoft.Data.Sqlite;

namespace FeatureStore.DevSidecar.State.Sqlite;

/// <summary>The connection that writes. Not thread-safe.</summary>
internal sealed class SqliteWriter : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _begin;
    private readonly SqliteCommand _commit;
    private readonly SqliteCommand _rollback;
    private readonly SqliteCommand _upsert;
    private readonly SqliteCommand _insert;
    private readonly SqliteCommand _update;
    private readonly SqliteCommand _delete;
    private readonly SqliteCommand _deleteChecked;
    private readonly SqliteCommand _clean;

    public SqliteWriter(SqliteConnection connection, string table)
    {
        _connection = connection;

        // Immediate: a transaction that starts as a reader cannot wait for the other writer.
        _begin = Command("BEGIN IMMEDIATE");
        _commit = Command("COMMIT");
        _rollback = Command("ROLLBACK");
        var insert =
            $"INSERT INTO {table} (key, value, is_binary, etag, expiration_time, update_time) "
            + "VALUES ($key, $value, $binary, $etag, $expires, $now) ON CONFLICT (key) DO UPDATE SET "
            + "value = excluded.value, is_binary = excluded.is_binary, etag = excluded.etag, "
            + "expiration_time = excluded.expiration_time, update_time = excluded.update_time";
        _upsert = Command(insert);
        _insert = Command(insert + " WHERE expiration_time IS NOT NULL AND expiration_time <= $now");
        _update = Command(
            $"UPDATE {table} SET value = $value, is_binary = $binary, etag = $etag, expiration_time = $expires, update_time = $now "
            + "WHERE key = $key AND etag = $expected AND (expiration_time IS NULL OR expiration_time > $now)");
        _delete = Command($"DELETE FROM {table} WHERE key = $key");
        _deleteChecked = Command($"DELETE FROM {table} WHERE key = $key AND etag = $expected");
        _clean = Command($"DELETE FROM {table} WHERE expiration_time IS NOT NULL AND expiration_time <= $now");
    }

    /// <summary>Runs all of it in one transaction: one fsync.</summary>
    public void InTransaction(Action work)
    {
        _begin.ExecuteNonQuery();
        try
        {
            work();
            _commit.ExecuteNonQuery();
        }
        catch
        {
            RollBack();
            throw;
        }
    }

    /// <summary>Saves one item; false when its condition does not hold.</summary>
    public bool Save(StateWrite item, long? ttl, DateTimeOffset now)
    {
        var hasETag = !string.IsNullOrEmpty(item.ETag);
        var command = hasETag ? _update : item.FirstWrite ? _insert : _upsert;
        var parameters = command.Parameters;
        parameters["$key"].Value = item.Key;
        parameters["$value"].Value = item.IsJson ? Encoding.UTF8.GetString(item.Value.Span) : Convert.ToBase64String(item.Value.Span);
        parameters["$binary"].Value = item.IsJson ? 0 : 1;
        parameters["$etag"].Value = Guid.NewGuid().ToString();
        parameters["$expires"].Value = ttl > 0 ? SqliteTime.Format(now.AddSeconds(ttl.Value)) : DBNull.Value;
        parameters["$now"].Value = SqliteTime.Format(now);
        if (hasETag)
        {
            parameters["$expected"].Value = item.ETag;
        }

        return command.ExecuteNonQuery() > 0;
    }

    /// <summary>Deletes one item; false when its ETag does not match.</summary>
    public bool Delete(StateDelete item)
    {
        var hasETag = !string.IsNullOrEmpty(item.ETag);
        var command = hasETag ? _deleteChecked : _delete;
        command.Parameters["$key"].Value = item.Key;
        if (hasETag)
        {
            command.Parameters["$expected"].Value = item.ETag;
        }

        return command.ExecuteNonQuery() > 0 || !hasETag;
    }

    public void Clean(DateTimeOffset now)
    {
        _clean.Parameters["$now"].Value = SqliteTime.Format(now);
        _clean.ExecuteNonQuery();
    }

    public void Dispose()
    {
        foreach (var command in (ReadOnlySpan<SqliteCommand>)[_begin, _commit, _rollback, _upsert, _insert, _update, _delete, _deleteChecked, _clean])
        {
            command.Dispose();
        }

        _connection.Dispose();
    }

    /// <summary>Whatever comes of it, it is what went wrong before that the caller has to know.</summary>
    private void RollBack()
    {
        try
        {
            _rollback.ExecuteNonQuery();
        }
        catch (SqliteException)
        {
            // SQLite itself has rolled it back, as it does when the disk is full.
        }
    }

    private SqliteCommand Command(string sql)
    {
        var command = _connection.CreateCommand();
        command.CommandText = sql;
        foreach (var name in (ReadOnlySpan<string>)["$key", "$value", "$binary", "$etag", "$expires", "$now", "$expected"])
        {
            if (sql.Contains(name, StringComparison.Ordinal))
            {
                command.Parameters.Add(new SqliteParameter { ParameterName = name });
            }
        }

        return command;
    }
}
