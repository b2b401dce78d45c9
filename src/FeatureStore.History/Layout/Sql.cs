using System.Globalization;

namespace FeatureStore.History;

/// <summary>Names and texts as SQL takes them.</summary>
internal static class Sql
{
    /// <summary>A name.</summary>
    public static string Name(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>A text.</summary>
    public static string Text(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    /// <summary>The rows of files, with the columns of all of them; what the names of folders say is no column.</summary>
    public static string Rows(IEnumerable<HistoryFile> files) =>
        $"read_parquet({List(files.Select(file => file.Path))}, union_by_name = true, hive_partitioning = false)";

    /// <summary>A whole number.</summary>
    public static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>Texts, with commas.</summary>
    public static string Texts(IEnumerable<string> texts) => string.Join(", ", texts.Select(Text));

    /// <summary>A list of texts.</summary>
    public static string List(IEnumerable<string> texts) => $"[{Texts(texts)}]";
}
