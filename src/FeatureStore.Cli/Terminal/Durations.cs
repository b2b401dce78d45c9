using System.Globalization;
using System.Text.RegularExpressions;

namespace FeatureStore.Cli;

/// <summary>Lengths of time as people type them: <c>90s</c>, <c>15m</c>, <c>3h</c>, <c>7d</c>, <c>1h30m</c>, <c>500ms</c>.</summary>
internal static partial class Durations
{
    private const double LongestDays = 36_500;

    public static TimeSpan Parse(string text, string option)
    {
        if (!Whole().IsMatch(text))
        {
            var hint = text.All(char.IsAsciiDigit) && text.Length > 0 ? $" Did you mean {text}s?" : "";
            throw new UsageException($"{option}: \"{text}\" is no length of time. Write a number with a unit (ms, s, m, h, d), such as 90s or 3h.{hint}");
        }

        var total = Part().Matches(text).Sum(part =>
            double.Parse(part.Groups[1].Value, CultureInfo.InvariantCulture) * part.Groups[2].Value switch
            {
                "ms" => 1,
                "s" => 1_000,
                "m" => 60_000,
                "h" => 3_600_000,
                _ => 86_400_000.0,
            });
        return total > LongestDays * 86_400_000
            ? throw new UsageException($"{option}: \"{text}\" is longer than {LongestDays} days.")
            : TimeSpan.FromMilliseconds((long)total);
    }

    [GeneratedRegex(@"^(\d{1,9}(ms|s|m|h|d))+\z")]
    private static partial Regex Whole();

    [GeneratedRegex(@"(\d+)(ms|s|m|h|d)")]
    private static partial Regex Part();
}
