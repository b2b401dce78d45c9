using FeatureStore.DevSidecar.Resources;
using FeatureStore.DevSidecar.Sqlite;

namespace FeatureStore.DevSidecar.State.Sqlite;

/// <summary>The metadata of a <c>state.sqlite</c> component.</summary>
internal sealed record SqliteOptions(string Path, string Table, string MetadataTable, TimeSpan BusyTimeout, TimeSpan CleanupInterval)
{
    public static SqliteOptions Read(ComponentMetadata metadata, string dataDirectory)
    {
        metadata.Accept("timeout", "disableWAL", "actorStateStore");
        return new SqliteOptions(
            SqlitePath.Of(
                metadata.Text("connectionString", "state.db"), dataDirectory, "state.sqlite without a file is not in DevSidecar, use state.in-memory"),
            Identifier(metadata.Text("tableName", "state")),
            Identifier(metadata.Text("metadataTableName", "metadata")),
            metadata.Duration("busyTimeout", TimeSpan.FromSeconds(2)),
            metadata.Duration("cleanupInterval", TimeSpan.FromHours(1)));
    }

    private static string Identifier(string name) => name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_')
        ? name
        : throw new SidecarConfigurationException($"'{name}' is not a table name");
}
