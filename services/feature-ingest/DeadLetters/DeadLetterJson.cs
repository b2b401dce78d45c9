using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace FeatureStore.FeatureIngest.DeadLetters;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(DeadLetter))]
[JsonSerializable(typeof(DeadLetterIndex))]
[JsonSerializable(typeof(DeadLetterPage))]
[JsonSerializable(typeof(DeadLetterRetried))]
[JsonSerializable(typeof(IReadOnlyList<string>))]
internal sealed partial class DeadLetterJson : JsonSerializerContext
{
    /// <summary>Writes quotes and umlauts as they are.</summary>
    public static DeadLetterJson Readable { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
