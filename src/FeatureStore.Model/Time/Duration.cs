using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace FeatureStore.Model;

/// <summary>Lengths of time as people type them: <c>90s</c>, <c>15m</c>, <c>3h</c>, <c>7d</c>, <c>1h30m</c>, <c>500ms</c>.</summary>
public static partial class Duration
{
    /// <summary>The longest length of time: 100 years.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(RowReader.MaxTtlSeconds);

    /// <summary>What a text that is no length of time should have looked like.</summary>
    public const string Expected = "a number with a unit (ms, s, m, h, d), such as 90s, 3h or 1h30m";

    private static readonly (string Unit, long Milliseconds)[] Units =
        [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

    /// <summary>Reads a length of time of at most <see cref="Longest"/>.</summary>
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = default;
        if (!Whole().IsMatch(text))
        {
            return false;
        }

        var total = Part().Matches(text).Sum(part =>
            decimal.Parse(part.Groups[1].Value, CultureInfo.InvariantCulture) * Units.First(unit => unit.Unit == part.Groups[2].Value).Milliseconds);
        if (total > (decimal)Longest.TotalMilliseconds)
        {
            return false;
        }

        duration = TimeSpan.FromMilliseconds((long)total);
        return true;
    }

    /// <summary>Writes a length of time, in whole milliseconds, so that <see cref="TryParse"/> reads the same.</summary>
    public static string Format(TimeSpan duration)
    {
        var left = (long)duration.TotalMilliseconds;
        var text = new StringBuilder();
        foreach (var (unit, milliseconds) in Units)
        {
            if (left >= milliseconds)
            {
                text.Append(CultureInfo.InvariantCulture, $"{left / milliseconds}{unit}");
                left %= milliseconds;
            }
        }

        return text.Length == 0 ? "0s" : text.ToString();
    }

    [GeneratedRegex(@"^(\d{1,12}(ms|s|m|h|d))+\z", RegexOptions.CultureInvariant)]
    private static partial Regex Whole();

    [GeneratedRegex(@"(\d+)(ms|s|m|h|d)", RegexOptions.CultureInvariant)]
    private static partial Regex Part();
}
