using System.Globalization;

namespace FeatureStore.DevSidecar.Resources;

/// <summary>Durations as Go writes them: <c>300ms</c>, <c>1m30s</c>, <c>168h</c>.</summary>
internal static class GoDuration
{
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        var rest = text.AsSpan().Trim();
        var sign = 1.0;
        if (rest.Length > 0 && rest[0] == '-')
        {
            sign = -1;
            rest = rest[1..];
        }

        if (rest is "0")
        {
            return true;
        }

        var total = 0.0;
        while (rest.Length > 0)
        {
            var digits = 0;
            while (digits < rest.Length && (char.IsAsciiDigit(rest[digits]) || rest[digits] == '.'))
            {
                digits++;
            }

            var end = digits;
            while (end < rest.Length && !char.IsAsciiDigit(rest[end]) && rest[end] != '.')
            {
                end++;
            }

            if (digits == 0 || !double.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
            {
                return false;
            }

            double? seconds = rest[digits..end] switch
            {
                "ns" => 1e-9,
                "us" or "µs" => 1e-6,
                "ms" => 1e-3,
                "s" => 1,
                "m" => 60,
                "h" => 3600,
                _ => null,
            };
            if (seconds is null)
            {
                return false;
            }

            total += number * seconds.Value;
            rest = rest[end..];
        }

        duration = TimeSpan.FromSeconds(sign * total);
        return text.Length > 0;
    }
}
