using System.Text.Json;
using System.Text.RegularExpressions;

namespace FeatureStore.DevSidecar.Json;

/// <summary>Go's words for JSON that cannot be read.</summary>
internal static partial class GoJsonError
{
    public static string Text(Exception exception, ReadOnlySpan<byte> json)
    {
        if (exception is not JsonException)
        {
            return exception.Message;
        }

        return json.Trim((byte)' ').IsEmpty ? "EOF"
            : IsCutOff(json) ? "unexpected EOF"
            : NotAValue().Match(exception.Message) is { Success: true } start ? $"invalid character '{start.Groups[1]}' looking for beginning of value"
            : exception.Message;
    }

    /// <summary>Whether the text would still be JSON if more of it came.</summary>
    private static bool IsCutOff(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, isFinalBlock: false, default);
        try
        {
            while (reader.Read())
            {
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    [GeneratedRegex("^'(.)' is an invalid start of a value")]
    private static partial Regex NotAValue();
}
