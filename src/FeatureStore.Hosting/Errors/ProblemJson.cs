using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Mvc;

namespace FeatureStore.Hosting.Errors;

[JsonSerializable(typeof(ProblemDetails))]
[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(JsonElement[]))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(long))]
[JsonSerializable(typeof(long[][]))]
internal sealed partial class ProblemJson : JsonSerializerContext
{
    /// <summary>Writes quotes and umlauts as they are.</summary>
    public static ProblemJson Readable { get; } = new(new JsonSerializerOptions { Encoder = ReplyJson.Options.Encoder });
}
