using System.Globalization;
using System.Text.RegularExpressions;

namespace FeatureStore.Model;

/// <summary>One of the keys by which an entity is known: <c>tailnum: string</c>.</summary>
/// <param name="Name">The column in which events and training sets carry it.</param>
/// <param name="Type"><see cref="ScalarType.String"/>, <see cref="ScalarType.Int32"/> or <see cref="ScalarType.Int64"/>.</param>
public sealed partial record JoinKey(string Name, ScalarType Type)
{
    /// <summary>A key value in the form in which it is stored: the text itself, or an integer's plain digits; null if it is of another type.</summary>
    public string? Canonical(string value)
    {
        if (Type == ScalarType.String)
        {
            return value;
        }

        // 1001.0 is what a data frame makes of an integer as soon as one of its column is missing.
        var match = Integer().Match(value);
        if (!match.Success || !long.TryParse(match.Groups[1].ValueSpan, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            || (Type == ScalarType.Int32 && number is < int.MinValue or > int.MaxValue))
        {
            return null;
        }

        var plain = number.ToString(CultureInfo.InvariantCulture);
        return plain == value ? value : plain;
    }

    [GeneratedRegex(@"^([-+]?[0-9]+)(\.0+)?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Integer();
}
