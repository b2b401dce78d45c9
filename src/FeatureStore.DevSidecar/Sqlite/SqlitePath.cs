namespace FeatureStore.DevSidecar.Sqlite;

/// <summary>The file that the <c>connectionString</c> of a SQLite component names.</summary>
internal static class SqlitePath
{
    /// <param name="connectionString">A path, perhaps as <c>file:…?options</c>.</param>
    /// <param name="dataDirectory">What a relative path is resolved against.</param>
    /// <param name="withoutFile">Says what to do instead when it names no file.</param>
    public static string Of(string connectionString, string dataDirectory, string withoutFile)
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

        return path is ":memory:" or ""
            ? throw new SidecarConfigurationException(withoutFile)
            : Path.GetFullPath(path, Path.GetFullPath(dataDirectory));
    }
}
