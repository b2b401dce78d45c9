using System.Globalization;
using System.Text;

namespace FeatureStore.Cli;

/// <summary>Makes text from elsewhere safe to show: what would steer a terminal is shown, not obeyed.</summary>
internal static class TerminalText
{
    /// <summary>The text with every control and direction character as a <c>\uXXXX</c> escape; newlines stay.</summary>
    public static string Visible(string text) => Escape(text, static c => c == '\n');

    /// <summary>The same for text that must stay on one line.</summary>
    public static string VisibleLine(string text) => Escape(text, static _ => false);

    /// <summary>Whether showing the character could change more than its own place on the screen.</summary>
    public static bool IsUnsafe(char c) => char.IsControl(c) || c is
        '\u2028' or '\u2029' or '\u200E' or '\u200F' or (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069');

    private static string Escape(string text, Func<char, bool> keep)
    {
        StringBuilder? escaped = null;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (!IsUnsafe(c) || keep(c))
            {
                escaped?.Append(c);
                continue;
            }

            escaped ??= new StringBuilder(text, 0, i, text.Length + 16);
            escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
        }

        return escaped?.ToString() ?? text;
    }
}
