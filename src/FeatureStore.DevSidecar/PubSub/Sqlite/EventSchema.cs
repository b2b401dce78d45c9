using System.Globalization;
using Microsoft.Data.Sqlite;

namespace FeatureStore.DevSidecar.PubSub.Sqlite;

/// <summary>Opens the file and lays out its tables.</summary>
internal static class EventSchema
{
    private const long Version = 1;
    private const int BusyTimeoutMilliseconds = 2000;

    // Beyond SQLite's own wait the driver tries again until then, also where SQLite does not wait at all.
    private const int RetrySeconds = 10;

    public static SqliteConnection Open(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Pooling = false,
            DefaultTimeout = RetrySeconds,
        }.ToString());
        try
        {
            connection.Open();
            Execute(connection, $"PRAGMA busy_timeout = {BusyTimeoutMilliseconds.ToString(CultureInfo.InvariantCulture)}");
            Execute(connection, "PRAGMA auto_vacuum = INCREMENTAL");
            Execute(connection, "PRAGMA journal_mode = WAL");
            Execute(connection, "PRAGMA synchronous = FULL");
            Execute(connection, "PRAGMA journal_size_limit = 16777216");
            Create(connection, path);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <summary>
    /// An event's id grows with the order of commits and is never given twice (AUTOINCREMENT), so a group is where its
    /// cursor says: above it nothing was looked at, below it what has no claim is done.
    /// </summary>
    private static void Create(SqliteConnection connection, string path)
    {
        Execute(connection, "BEGIN IMMEDIATE");
        Execute(connection, """
            CREATE TABLE IF NOT EXISTS pubsub_version (version INTEGER NOT NULL);
            INSERT INTO pubsub_version SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM pubsub_version);
            CREATE TABLE IF NOT EXISTS pubsub_event (
              id INTEGER PRIMARY KEY AUTOINCREMENT,
              topic TEXT NOT NULL,
              published INTEGER NOT NULL,
              metadata TEXT,
              data BLOB NOT NULL
            );
            CREATE INDEX IF NOT EXISTS pubsub_event_topic ON pubsub_event (topic);
            CREATE TABLE IF NOT EXISTS pubsub_group (
              id INTEGER PRIMARY KEY AUTOINCREMENT,
              topic TEXT NOT NULL,
              name TEXT NOT NULL,
              of_one_process INTEGER NOT NULL,
              last_seen INTEGER NOT NULL,
              cursor INTEGER NOT NULL DEFAULT 0,
              UNIQUE (topic, name)
            );
            CREATE TABLE IF NOT EXISTS pubsub_member (
              id INTEGER PRIMARY KEY AUTOINCREMENT,
              group_id INTEGER NOT NULL,
              process TEXT NOT NULL
            );
            CREATE TABLE IF NOT EXISTS pubsub_claim (
              event_id INTEGER NOT NULL,
              group_id INTEGER NOT NULL,
              member_id INTEGER NOT NULL,
              until INTEGER NOT NULL,
              PRIMARY KEY (event_id, group_id)
            ) WITHOUT ROWID;
            CREATE INDEX IF NOT EXISTS pubsub_claim_until ON pubsub_claim (group_id, until);
            """);
        using var version = connection.CreateCommand();
        version.CommandText = "SELECT version FROM pubsub_version";
        if (version.ExecuteScalar() is not Version)
        {
            throw new SidecarConfigurationException($"{path} holds events in the format of another version of DevSidecar");
        }

        Execute(connection, "COMMIT");
    }
}
