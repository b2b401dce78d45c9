using System.Text;

namespace FeatureStore.DevSidecar.Invocation;

/// <summary>The path of an invoked method, as daprd treats it: decoded once, folded, encoded again.</summary>
internal static class MethodPath
{
    /// <summary>
    /// The path to ask the app for; null when the method holds what may not be in it, such as an escaped slash or
    /// question mark. <paramref name="decoded"/> is the method for the message that tells so.
    /// </summary>
    public static string? Normalize(string rawMethod, out string decoded)
    {
        decoded = Uri.UnescapeDataString(rawMethod);
        if (rawMethod.Contains("%2F", StringComparison.OrdinalIgnoreCase) || decoded.AsSpan().IndexOfAny('?', '#', '\0') >= 0)
        {
            return null;
        }

        var segments = new List<string>();
        var parts = decoded.Split('/');
        foreach (var part in parts)
        {
            if (part is "..")
            {
                if (segments.Count > 0)
                {
                    segments.RemoveAt(segments.Count - 1);
                }
            }
            else if (part is not ("" or "."))
            {
                segments.Add(part);
            }
        }

        var path = new StringBuilder();
        foreach (var segment in segments)
        {
            path.Append('/');
            Encode(segment, path);
        }

        if (segments.Count == 0 || parts[^1].Length == 0)
        {
            path.Append('/');
        }

        return path.ToString();
    }

    private static void Encode(string segment, StringBuilder path)
    {
        foreach (var b in Encoding.UTF8.GetBytes(segment))
        {
            if (char.IsAsciiLetterOrDigit((char)b) || "-_.~$&+,:;=@".Contains((char)b))
            {
                path.Append((char)b);
            }
            else
            {
                path.Append('%').Append(b.ToString("X2", System.Globalization.CultureInfo.InvariantCulture));
            }
        }
    }
}
