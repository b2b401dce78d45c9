using System.Text.Json;
using System.Text.Json.Nodes;

namespace FeatureStore.DaprConformance.Comparing;

/// <summary>In which order the metadata lists components, features and subscriptions tells nothing: daprd keeps them in maps.</summary>
public static class MetadataOrder
{
    private static readonly string[] Naming = ["name", "pubsubname", "pubsub_name", "topic"];

    public static JsonElement Sorted(JsonElement metadata) => JsonSerializer.SerializeToElement(Sorted(JsonNode.Parse(metadata.GetRawText())));

    private static JsonNode? Sorted(JsonNode? node) => node switch
    {
        JsonArray array => new JsonArray([.. array.Select(item => Sorted(item?.DeepClone())).OrderBy(NameOf, StringComparer.Ordinal)]),
        JsonObject members => new JsonObject(members.Select(m => KeyValuePair.Create(m.Key, Sorted(m.Value?.DeepClone())))),
        _ => node?.DeepClone(),
    };

    private static string NameOf(JsonNode? item) =>
        item is JsonObject members ? string.Join('/', Naming.Select(n => members[n]?.ToString())) : item?.ToJsonString() ?? "";
}
