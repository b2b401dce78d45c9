using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.Data.Sqlite;

namespace FeatureStore.DevSidecar.State.Sqlite;

/// <summary>
/// One connection for writing and some for reading, with their statements prepared. In WAL mode readers and the writer
/// do not wait for each other; writers of other processes are waited for, up to the busy timeout.
/// </summary>
internal sealed class SqliteConnections : IDisposable
{
    private readonly ConcurrentBag<SqliteReader> _readers = [];
    private readonly SqliteOptions _options;
    private bool _disposed;

    public SqliteConnections(SqliteOptions options)
    {
        _options = options;
        Directory.CreateDirectory(Path.GetDirectoryName(options.Path)!);
        Writer = new SqliteWriter(Open(), options.Table);
    }

    public SqliteWriter Writer { get; }

    public SqliteReader RentReader() => _readers.TryTake(out var reader) ? reader : new SqliteReader(Open(), _options.Table);

    public void Return(SqliteReader reader)
    {
        if (_disposed)
        {
            reader.Dispose();
        }
        else
        {
            _readers.Add(reader);
        }
    }

    public void Dispose()
    {
        _disposed = true;
        Writer.Dispose();
        while (_readers.TryTake(out var reader))
        {
            reader.Dispose();
        }
    }

    private SqliteConnection Open()
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = _options.Path,
            Pooling = false,
            DefaultTimeout = Math.Max(1, (int)_options.BusyTimeout.TotalSeconds),
        }.ToString());
        connection.Open();
        var busy = ((long)_options.BusyTimeout.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
        Execute(connection, $"PRAGMA busy_timeout = {busy}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
        Execute(connection, $"""
            CREATE TABLE IF NOT EXISTS {_options.MetadataTable} (
              key text NOT NULL PRIMARY KEY,
              value text NOT NULL
            );
            CREATE TABLE IF NOT EXISTS {_options.Table} (
              key TEXT NOT NULL PRIMARY KEY,
              value TEXT NOT NULL,
              is_binary BOOLEAN NOT NULL,
              etag TEXT NOT NULL,
              expiration_time TIMESTAMP DEFAULT NULL,
              update_time TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP
            );
            INSERT OR IGNORE INTO {_options.MetadataTable} (key, value) VALUES ('migrations', '1');
            """);
        return connection;
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
