using System.Globalization;
using System.Text.RegularExpressions;

namespace FeatureStore.DaprConformance.Comparing;

/// <summary>Big bodies are shortened in the recordings; they are made whole again before they are sent.</summary>
public static partial class Elided
{
    public static string Expand(string text)
    {
        if (Bytes().Match(text) is { Success: true } bytes)
        {
            return new string('x', Number(bytes.Groups[1]));
        }

        text = Times().Replace(text, m => new string('x', Number(m.Groups[1])));
        if (InAll().Match(text) is { Success: true } all)
        {
            var start = text[..all.Index];

            // Closes the JSON that the text begins, so that it is refused for its size alone.
            var end = start.StartsWith('[') ? "\"}]" : start.StartsWith('{') ? "\"}" : start.StartsWith('"') ? "\"" : "";
            return start + new string('x', Number(all.Groups[1]) - start.Length - end.Length) + end;
        }

        return Entries().Replace(text, m => $"[{string.Join(',', Enumerable.Range(0, Number(m.Groups[1])).Select(i => $$"""{"entryId":"{{i}}","event":{"i":{{i}}},"contentType":"application/json"}"""))}]");
    }

    private static int Number(Group group) => int.Parse(group.ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex("^<([0-9]+) bytes>$")]
    private static partial Regex Bytes();

    [GeneratedRegex("<([0-9]+) times x>")]
    private static partial Regex Times();

    [GeneratedRegex("<\\.\\.\\. ([0-9]+) characters in all>$")]
    private static partial Regex InAll();

    [GeneratedRegex("^<([0-9]+) entries .*>$")]
    private static partial Regex Entries();
}
