using System.Text.Json;
using System.Text.Unicode;

namespace FeatureStore.Hosting.Bodies;

/// <summary>Looks at the texts of a JSON body once, so that none is found unreadable later.</summary>
public static class BodyText
{
    /// <summary>Why a body cannot be read as text; null where it can.</summary>
    /// <exception cref="JsonException">The body is not JSON.</exception>
    public static string? FaultOf(ReadOnlySpan<byte> json)
    {
        if (!Utf8.IsValid(json))
        {
            return "The body is not valid UTF-8.";
        }

        // Half a pair can only be written with an escape.
        return (json.IndexOf("\\ud"u8) >= 0 || json.IndexOf("\\uD"u8) >= 0) && HasHalfPair(json)
            ? "A text of the body is not valid Unicode: it has half a surrogate pair."
            : null;
    }

    private static bool HasHalfPair(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        try
        {
            while (reader.Read())
            {
                if (reader.ValueIsEscaped)
                {
                    reader.GetString();
                }
            }

            return false;
        }
        catch (InvalidOperationException)
        {
            return true;
        }
    }
}
