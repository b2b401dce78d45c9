using System.Text.Encodings.Web;
using System.Text.Json;
using FeatureStore.Cli.Ingest;

namespace FeatureStore.Cli.Read;

/// <summary>Values as a table shows them: exact JSON text, strings bare where nothing else could be meant.</summary>
internal static class FeatureText
{
    public static string Name(string name) => HasUnclearEdges(name) ? Quoted(name) : name;

    public static string Value(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            // White space between tokens may hold newlines and tabs; within strings JSON allows none.
            return TerminalText.VisibleLine(value.GetRawText().Replace('\n', ' ').Replace('\r', ' ').Replace('\t', ' '));
        }

        var text = value.GetString()!;
        return NeedsQuotes(text) ? Quoted(text) : text;
    }

    private static string Quoted(string text) =>
        TerminalText.VisibleLine($"\"{JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"");

    /// <summary>Whether the bare text could be another JSON value.</summary>
    private static bool NeedsQuotes(string text) =>
        HasUnclearEdges(text) || text is "null" or "true" or "false" || text[0] is '{' or '[' or '"' || JsonNumber.Is(text);

    private static bool HasUnclearEdges(string text) =>
        text.Length == 0 || char.IsWhiteSpace(text[0]) || char.IsWhiteSpace(text[^1]) || text.Any(TerminalText.IsUnsafe);
}
