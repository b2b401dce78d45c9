using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace FeatureStore.History;

/// <summary>The text that DuckDB gives a floating-point number, which is that of Python: <c>39.0</c>, <c>1e+16</c>, <c>1e-05</c>.</summary>
public static class FloatText
{
    /// <summary>Digits that any number of 64 bits, and of 32, keeps.</summary>
    private const int SafeDoubleDigits = 15, SafeSingleDigits = 6;

    /// <summary>Whether a JSON number is written as DuckDB would write the float64 (or float32) that it stands for.</summary>
    public static bool IsOwn(ReadOnlySpan<byte> text, bool isSingle)
    {
        if (IsPlain(text, isSingle ? SafeSingleDigits : SafeDoubleDigits))
        {
            return true;
        }

        if (isSingle)
        {
            return Utf8Parser.TryParse(text, out float single, out var read) && read == text.Length
                && Write(single.ToString("R", CultureInfo.InvariantCulture)).AsSpan().SequenceEqual(Encoding.ASCII.GetString(text));
        }

        return Utf8Parser.TryParse(text, out double number, out var used) && used == text.Length
            && Write(number.ToString("R", CultureInfo.InvariantCulture)).AsSpan().SequenceEqual(Encoding.ASCII.GetString(text));
    }

    /// <summary>
    /// Whether a number has the form <c>12.5</c> with so few digits that it is the shortest that reads back as the same: most are.
    /// </summary>
    private static bool IsPlain(ReadOnlySpan<byte> text, int safeDigits)
    {
        if (text.Length > 0 && text[0] == '-')
        {
            text = text[1..];
        }

        var point = text.IndexOf((byte)'.');
        if (point < 1 || text.Length - 1 > safeDigits || (point > 1 && text[0] == '0'))
        {
            return false;
        }

        var fraction = text[(point + 1)..];
        if (text[..point].ContainsAnyExceptInRange((byte)'0', (byte)'9') || fraction.IsEmpty || fraction.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            return false;
        }

        // 0.00001 is 1e-05, and 1.50 is 1.5.
        return fraction is [(byte)'0'] || (fraction[^1] != '0' && (text[0] != '0' || !fraction.StartsWith("0000"u8)));
    }

    /// <summary>Puts shortest digits into the form of Python.</summary>
    /// <param name="shortest">The shortest text that reads back as the same.</param>
    private static string Write(string shortest)
    {
        var sign = shortest.StartsWith('-') ? "-" : "";
        var exponentAt = shortest.IndexOf('E', StringComparison.Ordinal);
        var mantissa = shortest[sign.Length..(exponentAt < 0 ? shortest.Length : exponentAt)];
        var digits = mantissa.Replace(".", "", StringComparison.Ordinal).Trim('0');
        if (digits.Length == 0)
        {
            return sign + "0.0";
        }

        var point = mantissa.IndexOf('.', StringComparison.Ordinal);
        var whole = point < 0 ? mantissa : mantissa[..point];
        var exponent = exponentAt < 0 ? 0 : int.Parse(shortest[(exponentAt + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        exponent += whole.TrimStart('0').Length > 0 ? whole.TrimStart('0').Length - 1 : -1 - LeadingZeros(mantissa[(point + 1)..]);
        if (exponent is >= -4 and < 16)
        {
            return sign + (exponent < 0
                ? "0." + new string('0', -1 - exponent) + digits
                : digits.Length <= exponent + 1
                    ? digits + new string('0', exponent + 1 - digits.Length) + ".0"
                    : digits[..(exponent + 1)] + "." + digits[(exponent + 1)..]);
        }

        var fraction = digits.Length > 1 ? "." + digits[1..] : "";
        return $"{sign}{digits[0]}{fraction}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent).ToString("00", CultureInfo.InvariantCulture)}";
    }

    private static int LeadingZeros(string digits) => digits.Length - digits.TrimStart('0').Length;
}
