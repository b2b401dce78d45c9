using System.Text.Json;
using System.Text.Json.Serialization;

namespace FeatureStore.DevSidecar.PubSub.Sqlite;

/// <summary>A publisher's metadata as the text of a column.</summary>
[JsonSerializable(typeof(IReadOnlyDictionary<string, string>))]
[JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class EventMetadata : JsonSerializerContext
{
    public static string? Write(IReadOnlyDictionary<string, string>? metadata) =>
        metadata is null ? null : JsonSerializer.Serialize(metadata, Default.IReadOnlyDictionaryStringString);

    public static IReadOnlyDictionary<string, string>? Read(string? text) =>
        text is null ? null : JsonSerializer.Deserialize(text, Default.DictionaryStringString);
}
