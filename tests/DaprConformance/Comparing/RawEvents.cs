using System.Text;
using System.Text.RegularExpressions;

namespace FeatureStore.DaprConformance.Comparing;

/// <summary>Raw events travel as base64, and in the recordings that still holds real ids and times: both sides are opened before they are compared.</summary>
public static partial class RawEvents
{
    public static string OpenRecorded(string body) => Open(body, text => Time().Replace(Uuid().Replace(text, "<uuid>"), "<rfc3339 seconds, Z>"));

    public static string Open(string body) => Open(body, text => text);

    private static string Open(string body, Func<string, string> withText) => Base64().Replace(body, match =>
    {
        var bytes = new byte[match.Groups[1].Length];
        return Convert.TryFromBase64String(match.Groups[1].Value, bytes, out var written) && bytes[0] == '{'
            ? $"\"(opened) {withText(Encoding.UTF8.GetString(bytes, 0, written))}\""
            : match.Value;
    });

    [GeneratedRegex("(?<=\"(?:data_base64|event)\":)\"([A-Za-z0-9+/]+={0,2})\"")]
    private static partial Regex Base64();

    [GeneratedRegex("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")]
    private static partial Regex Uuid();

    [GeneratedRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")]
    private static partial Regex Time();
}
