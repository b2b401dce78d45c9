using FeatureStore.DevSidecar.Resources;

namespace FeatureStore.DevSidecar.State.Sqlite;

/// <summary>The metadata of a <c>state.sqlite</c> component.</summary>
internal sealed record SqliteOptions(string Path, string Table, string MetadataTable, TimeSpan BusyTimeout, TimeSpan CleanupInterval)
{
    public static SqliteOptions Read(ComponentMetadata metadata, string dataDirectory)
    {
        metadata.Accept("timeout", "disableWAL", "actorStateStore");
        return new SqliteOptions(
            PathOf(metadata.Text("connectionString", "state.db"), dataDirectory),
            Identifier(metadata.Text("tableName", "state")),
            Identifier(metadata.Text("metadataTableName", "metadata")),
            metadata.Duration("busyTimeout", TimeSpan.FromSeconds(2)),
            metadata.Duration("cleanupInterval", TimeSpan.FromHours(1)));
    }

    private static string PathOf(string connectionString, string dataDirectory)
    {
        var path = connectionString;
        if (path.StartsWith("file:", StringComparison.Ordinal))
        {
            path = path["file:".Length..];
        }

        // Everything that daprd takes behind the question mark tunes its driver.
        var query = path.IndexOf('?');
        if (query >= 0)
        {
            path = path[..query];
        }

        if (path is ":memory:" or "")
        {
            throw new SidecarConfigurationException("state.sqlite without a file is not in DevSidecar, use state.in-memory");
        }

        return System.IO.Path.GetFullPath(path, System.IO.Path.GetFullPath(dataDirectory));
    }

    private static string Identifier(string name) => name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_')
        ? name
        : throw new SidecarConfigurationException($"'{name}' is not a table name");
}
