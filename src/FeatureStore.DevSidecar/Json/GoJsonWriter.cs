using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace FeatureStore.DevSidecar.Json;

/// <summary>
/// Writes JSON as Go's encoding/json does, since apps and stores see the text that daprd writes: members sorted,
/// &lt;&amp;&gt; escaped, everything beyond ASCII as it is. Numbers keep their text unless float64 is asked for.
/// </summary>
internal sealed class GoJsonWriter(ArrayBufferWriter<byte> output)
{
    private const string Hex = "0123456789abcdef";

    /// <summary>Whether numbers pass through float64, as in every daprd path that decodes into interface{}.</summary>
    public bool NumbersAsFloat64 { get; init; }

    /// <summary>Whether &lt;, &gt; and &amp; are escaped; a value saved on Redis by HTTP is the exception.</summary>
    public bool EscapeHtml { get; init; } = true;

    /// <summary>Whether members are sorted; a raw message that is only compacted keeps its order.</summary>
    public bool SortMembers { get; init; } = true;

    public static byte[] Rewrite(JsonElement value, bool numbersAsFloat64 = false, bool escapeHtml = true)
    {
        var output = new ArrayBufferWriter<byte>(256);
        new GoJsonWriter(output) { NumbersAsFloat64 = numbersAsFloat64, EscapeHtml = escapeHtml }.Value(value);
        return output.WrittenSpan.ToArray();
    }

    public void Value(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                Object(value);
                break;
            case JsonValueKind.Array:
                Raw("["u8);
                var first = true;
                foreach (var item in value.EnumerateArray())
                {
                    if (!first)
                    {
                        Raw(","u8);
                    }

                    first = false;
                    Value(item);
                }

                Raw("]"u8);
                break;
            case JsonValueKind.String:
                String(value.GetString()!);
                break;
            case JsonValueKind.Number:
                Number(value);
                break;
            case JsonValueKind.True:
                Raw("true"u8);
                break;
            case JsonValueKind.False:
                Raw("false"u8);
                break;
            default:
                Raw("null"u8);
                break;
        }
    }

    /// <summary>Writes a name and its colon.</summary>
    public void Name(string name)
    {
        String(name);
        Raw(":"u8);
    }

    public void Raw(ReadOnlySpan<byte> text) => output.Write(text);

    public void String(string text)
    {
        Raw("\""u8);
        var plain = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var escape = Escape(text[i]);
            if (escape is null)
            {
                continue;
            }

            Utf8(text.AsSpan(plain, i - plain));
            Utf8(escape);
            plain = i + 1;
        }

        Utf8(text.AsSpan(plain));
        Raw("\""u8);
    }

    /// <summary>Writes texts by name, sorted.</summary>
    public void Map(IEnumerable<KeyValuePair<string, string>> members)
    {
        Raw("{"u8);
        var first = true;
        foreach (var (name, text) in members.OrderBy(m => m.Key, StringComparer.Ordinal))
        {
            if (!first)
            {
                Raw(","u8);
            }

            first = false;
            Name(name);
            String(text);
        }

        Raw("}"u8);
    }

    private void Object(JsonElement value)
    {
        // A map keeps the last of members with one name.
        var members = new Dictionary<string, JsonElement>();
        foreach (var member in value.EnumerateObject())
        {
            members[member.Name] = member.Value;
        }

        Raw("{"u8);
        var first = true;
        foreach (var (name, item) in SortMembers ? members.OrderBy(m => m.Key, StringComparer.Ordinal) : members.AsEnumerable())
        {
            if (!first)
            {
                Raw(","u8);
            }

            first = false;
            Name(name);
            Value(item);
        }

        Raw("}"u8);
    }

    private void Number(JsonElement value)
    {
        if (!NumbersAsFloat64)
        {
            Utf8(value.GetRawText());
            return;
        }

        var number = value.GetDouble();
        if (!double.IsFinite(number))
        {
            throw new NumberBeyondFloat64Exception(value.GetRawText());
        }

        Utf8(Float64(number));
    }

    /// <summary>Go's text of a float64: shortest digits, an exponent only below 1e-6 and from 1e21.</summary>
    internal static string Float64(double number)
    {
        if (number == 0)
        {
            return double.IsNegative(number) ? "-0" : "0";
        }

        // .NET's shortest text has the same digits; only where it puts point and exponent differs.
        var shortest = Math.Abs(number).ToString("R", CultureInfo.InvariantCulture).Split('E');
        var sign = number < 0 ? "-" : "";
        var point = shortest[0].IndexOf('.');
        var whole = point < 0 ? shortest[0].Length : point;
        var all = shortest[0].Replace(".", "");
        var leading = all.Length - all.TrimStart('0').Length;
        var digits = all.Trim('0');
        var exponent = whole - 1 - leading + (shortest.Length > 1 ? int.Parse(shortest[1], CultureInfo.InvariantCulture) : 0);
        if (exponent is < -6 or >= 21)
        {
            var fraction = digits.Length > 1 ? "." + digits[1..] : "";
            return $"{sign}{digits[0]}{fraction}e{(exponent < 0 ? "-" : "+")}{Math.Abs(exponent):00}".Replace("e-0", "e-");
        }

        if (exponent < 0)
        {
            return sign + "0." + new string('0', -exponent - 1) + digits;
        }

        return digits.Length <= exponent + 1
            ? sign + digits + new string('0', exponent + 1 - digits.Length)
            : sign + digits[..(exponent + 1)] + "." + digits[(exponent + 1)..];
    }

    private string? Escape(char c) => c switch
    {
        '"' => "\\\"",
        '\\' => "\\\\",
        '\b' => "\\b",
        '\f' => "\\f",
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        < ' ' => $"\\u00{Hex[c >> 4]}{Hex[c & 15]}",
        '<' or '>' or '&' when EscapeHtml => $"\\u00{Hex[c >> 4]}{Hex[c & 15]}",
        '\u2028' => "\\u2028",
        '\u2029' => "\\u2029",
        _ => null,
    };

    private void Utf8(ReadOnlySpan<char> text) => Encoding.UTF8.GetBytes(text, output);
}
