using System.Globalization;
using System.Net;
using System.Text.Json;
using FeatureStore.Harness;
using Xunit;

namespace FeatureStore.SystemTests.Feast;

/// <summary>What the tests ask of Feast's contract, in few words.</summary>
internal static class FeastCalls
{
    /// <summary>A time as Feast's SDK writes it: UTC without saying so; of whole seconds.</summary>
    public static string Naive(TimeSpan ago = default) =>
        (TimeProvider.System.GetUtcNow() - ago).UtcDateTime.ToString("s", CultureInfo.InvariantCulture);

    public static Task<Reply> Ask(this FeatureStack stack, string body) => stack.Api.Send(HttpMethod.Post, "/get-online-features", body);

    /// <summary>Writes a data frame, of which the columns are given, to a view.</summary>
    public static Task<Reply> WriteTo(this FeatureStack stack, string view, string columns) =>
        stack.Api.Send(HttpMethod.Post, "/write-to-online-store", $"{{\"feature_view_name\":\"{view}\",\"df\":{{{columns}}}}}");

    public static Task<Reply> Push(this FeatureStack stack, string source, string columns, string to = "online") =>
        stack.Api.Send(HttpMethod.Post, "/push", $"{{\"push_source_name\":\"{source}\",\"df\":{{{columns}}},\"to\":\"{to}\"}}");

    public static async Task Writes(this FeatureStack stack, string view, string columns)
    {
        var reply = await stack.WriteTo(view, columns);
        Assert.True(reply is { Status: HttpStatusCode.OK, Body: "null", ContentType: "application/json" }, reply.Body);
    }

    /// <summary>The exact text of a column's values.</summary>
    public static async Task<string> Values(this FeatureStack stack, string entities, string feature) => (await stack.Column(entities, feature)).GetProperty("values").GetRawText();

    /// <summary>The column of the one feature asked for.</summary>
    public static async Task<JsonElement> Column(this FeatureStack stack, string entities, string feature)
    {
        var reply = await stack.Ask($"{{\"entities\":{entities},\"features\":[\"{feature}\"]}}");
        Assert.True(reply.Status == HttpStatusCode.OK, reply.Body);
        return reply.Json.GetProperty("results").EnumerateArray().Last();
    }

    /// <summary>Where the faults are that an answer tells of.</summary>
    public static string[] Places(this Reply reply) => [.. reply.Json.GetProperty("detail").EnumerateArray().Select(fault => fault.GetProperty("loc").GetRawText())];

    /// <summary>One of Feast's own errors: the class and the message that a client raises.</summary>
    public static (string Class, string Message) Error(this Reply reply)
    {
        var error = JsonElement.Parse(reply.Json.GetString()!);
        Assert.Equal("feast.errors", error.GetProperty("module").GetString());
        return (error.GetProperty("class").GetString()!, error.GetProperty("message").GetString()!);
    }
}
