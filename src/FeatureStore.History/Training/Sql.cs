using System.Globalization;

namespace FeatureStore.History;

/// <summary>How values stand in a statement.</summary>
internal static class Sql
{
    /// <summary>A text.</summary>
    public static string Text(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    /// <summary>A name.</summary>
    public static string Name(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>A whole number.</summary>
    public static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>Texts, with commas.</summary>
    public static string Texts(IEnumerable<string> texts) => string.Join(", ", texts.Select(Text));
}
