using System.Text.Json;
using System.Text.Json.Serialization;
using FeatureStore.Model;

namespace FeatureStore.History;

/// <summary>What is known of a file's rows, as its metadata has it.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, Converters = [typeof(MicrosecondsConverter)])]
[JsonSerializable(typeof(RowFacts))]
[JsonSerializable(typeof(IReadOnlyList<string>))]
[JsonSerializable(typeof(Dictionary<string, Timestamp>))]
internal sealed partial class HistoryJson : JsonSerializerContext
{
    /// <summary>An instant as microseconds since 1970.</summary>
    private sealed class MicrosecondsConverter : JsonConverter<Timestamp>
    {
        public override Timestamp Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => new(reader.GetInt64());

        public override void Write(Utf8JsonWriter writer, Timestamp value, JsonSerializerOptions options) => writer.WriteNumberValue(value.Microseconds);
    }
}
