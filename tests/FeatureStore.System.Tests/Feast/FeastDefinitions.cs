using System.Text.Json.Nodes;

namespace FeatureStore.SystemTests.Feast;

/// <summary>The registry that stands for the definitions behind the transcripts, with a few views that other tests need.</summary>
internal static class FeastDefinitions
{
    private const string More = """
        {"entities":{"item":{"keys":{"item_id":"string"}}},
         "views":{
           "driver_stats@2":{"entity":"driver","features":{"trips":"int64"}},
           "items":{"entity":"item","features":{"n":"int64","blob_of_text":"string"}},
           "anything":{"entity":"item","open":true,"features":{"known":"float64"}},
           "documents":{"entity":"item","features":{"doc":"json","at":"timestamp","ats":"list<timestamp>","f":"float64","fs":"list<float64>","v":"list<float32>","names":"list<string>"}}},
         "services":{"everything_twice":["driver_stats:trips","driver_week:trips"]}}
        """;

    public static string RegistryJson()
    {
        var definitions = FeastFiles.Fixture("definitions");
        var registry = JsonNode.Parse(More)!;
        var keys = definitions["entities"]!.AsArray().ToDictionary(entity => Text(entity!["name"]), entity => (Key: Text(entity!["join_key"]), Type: TypeOf(Text(entity["type"]))));
        foreach (var view in definitions["views"]!.AsArray())
        {
            // A view has one entity here, so a view of several in Feast is of one that has the keys of all.
            var entities = view!["entities"]!.AsArray().Select(Text).ToList();
            var entity = string.Join('_', entities);
            registry["entities"]![entity] = new JsonObject
            {
                ["keys"] = new JsonObject(entities.Select(name => KeyValuePair.Create(keys[name].Key, (JsonNode?)keys[name].Type))),
            };
            var declared = new JsonObject
            {
                ["entity"] = entity,
                ["features"] = new JsonObject(view["fields"]!.AsObject().Select(field => KeyValuePair.Create(field.Key, (JsonNode?)TypeOf(Text(field.Value))))),
            };
            if ((int)view["ttl_seconds"]! is > 0 and var ttl)
            {
                declared["ttl"] = $"{ttl}s";
            }

            if (view["push_source"] is { } source)
            {
                declared["push_sources"] = new JsonArray(Text(source));
            }

            registry["views"]![Text(view["name"])] = declared;
        }

        foreach (var service in definitions["services"]!.AsArray())
        {
            registry["services"]![Text(service!["name"])] = new JsonArray([.. service["views"]!.AsArray().SelectMany(view =>
                view!["features"]!.AsArray().Select(feature => (JsonNode?)$"{Text(view["view"])}:{Text(feature)}"))]);
        }

        return registry.ToJsonString();
    }

    private static string TypeOf(string feast) => feast.StartsWith("Array(", StringComparison.Ordinal)
        ? $"list<{TypeOf(feast["Array(".Length..^1])}>"
        : feast == "UnixTimestamp" ? "timestamp" : feast.ToLowerInvariant();

    private static string Text(JsonNode? node) => (string)node!;
}
