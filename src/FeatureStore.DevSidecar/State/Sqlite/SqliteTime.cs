using System.Globalization;

namespace FeatureStore.DevSidecar.State.Sqlite;

/// <summary>Times as SQLite's CURRENT_TIMESTAMP writes them: UTC, whole seconds, comparable as text.</summary>
internal static class SqliteTime
{
    private const string Layout = "yyyy-MM-dd HH:mm:ss";

    public static string Format(DateTimeOffset time) => time.UtcDateTime.ToString(Layout, CultureInfo.InvariantCulture);

    public static DateTimeOffset Parse(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
}
