using System.Text;
using System.Text.Json;

namespace FeatureStore.DaprConformance.App;

/// <summary>What the app answers.</summary>
/// <param name="Status">0: the connection is closed.</param>
/// <param name="Headers">Its headers.</param>
/// <param name="Body">Its body.</param>
/// <param name="Delay">How long the app takes.</param>
public sealed record AppReply(int Status, IReadOnlyDictionary<string, string> Headers, byte[] Body, TimeSpan Delay)
{
    public static AppReply Of(int status) => new(status, new Dictionary<string, string>(), [], TimeSpan.Zero);

    public static AppReply Json(string body) =>
        new(200, new Dictionary<string, string> { ["Content-Type"] = "application/json" }, Encoding.UTF8.GetBytes(body), TimeSpan.Zero);

    /// <summary>A recorded reply, with the values that stand for its volatile names.</summary>
    public static AppReply Recorded(JsonElement reply, Func<string, string> fill, TimeSpan delay = default)
    {
        var headers = reply.GetProperty("headers").EnumerateObject().ToDictionary(h => h.Name, h => h.Value.GetString()!);
        var body = reply.GetProperty("body");
        if (reply.GetProperty("status").GetInt32() == 200 && body.ValueKind is JsonValueKind.String && body.GetString()!.StartsWith("<written by hand", StringComparison.Ordinal))
        {
            return new AppReply(200, new Dictionary<string, string> { ["Content-Type"] = "text/plain" }, "part0\npart1\npart2\n"u8.ToArray(), delay);
        }

        if (body.ValueKind is not JsonValueKind.String)
        {
            headers.TryAdd("Content-Type", "application/json");
        }

        return new AppReply(reply.GetProperty("status").GetInt32(), headers, Comparing.RecordedText.Bytes(body, fill), delay);
    }
}
