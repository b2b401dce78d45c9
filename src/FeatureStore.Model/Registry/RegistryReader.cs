using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace FeatureStore.Model;

/// <summary>Reads a registry from JSON, and finds everything that is wrong with it.</summary>
/// <remarks>
/// <code>{"entities":{"airport":{"keys":{"origin":"string"}}},
///  "views":{"airport_weather":{"entity":"airport","ttl":"3h","features":{"temp":"float64"}}},
///  "services":{"delay_model_v1":["airport_weather:temp"]}}</code>
/// </remarks>
public static partial class RegistryReader
{
    /// <summary>The most elements of a list of float32, which is stored compactly.</summary>
    public const int MaxVectorLength = 4096;

    private const string NameRule = "lower-case letters, digits and _, beginning with a letter";

    private static readonly string[] KeyTypes = ["string", "int32", "int64"];
    private static readonly string[] Descriptive = ["description", "owner", "tags"];

    /// <summary>Reads a registry.</summary>
    /// <param name="json">An object with entities, views and services.</param>
    /// <param name="faults">Receives every fault.</param>
    /// <returns>The registry; what has faults is left out of it.</returns>
    public static Registry Read(JsonElement json, List<RegistryFault> faults)
    {
        var root = new RegistryNode(json, "", faults).Known("A registry", "entities", "views", "services");
        var entities = Named(root, "entities", "Entities by name", ReadEntity);
        var views = Named(root, "views", "Feature views by name", ReadView);
        var services = Named(root, "services", "Feature services by name", ReadService);
        CheckReferences(entities, views, services);
        CheckPushSources(views);
        CheckFeatureNames(entities, views);
        return new Registry(Valid(entities), Valid(views), Valid(services));
    }

    private static List<(string Name, RegistryNode Node, T? Item)> Named<T>(
        Dictionary<string, RegistryNode> root, string member, string expected, Func<string, RegistryNode, T?> read)
        where T : class => !root.TryGetValue(member, out var node)
            ? []
            : [.. node.Members(expected).Select(item => (item.Name, item.Node, read(item.Name, item.Node)))];

    private static IEnumerable<T> Valid<T>(List<(string Name, RegistryNode Node, T? Item)> items)
        where T : class => items.Select(item => item.Item).OfType<T>();

    private static Entity? ReadEntity(string name, RegistryNode node)
    {
        CheckName(name, node, "an entity");
        var members = node.Known("An entity", ["keys", .. Descriptive]);
        var keys = new List<JoinKey>();
        if (!members.TryGetValue("keys", out var keysNode) || keysNode.IsNull)
        {
            node.Fault($"The entity '{name}' has no keys. Name its join keys with their types, such as keys: {{ {name}_id: string }}.");
        }
        else
        {
            foreach (var (key, type) in keysNode.Members("Join keys with their types"))
            {
                CheckName(key, type, "a join key");
                if (type.Text("A type of a join key (string, int32 or int64)") is { } text)
                {
                    var isType = FeatureType.TryParse(text, out var parsed) && KeyTypes.Contains(text);
                    if (!isType)
                    {
                        type.Fault($"A join key is string, int32 or int64; '{StateKey.Shorten(text)}' is not.{ClosestName.Suggestion(text, KeyTypes)}");
                    }

                    keys.Add(new JoinKey(key, parsed.Scalar));
                }
            }

            if (keys.Count == 0 && keysNode.Value.ValueKind == JsonValueKind.Object && !keysNode.Value.EnumerateObject().Any())
            {
                keysNode.Fault($"The entity '{name}' has no keys.");
            }
        }

        return new Entity(name, keys, ReadDescription(members));
    }

    private static FeatureView? ReadView(string name, RegistryNode node)
    {
        if (!StateKey.IsViewName(name))
        {
            node.Fault($"'{StateKey.Shorten(name)}' is no name of a view: {NameRule}, with an optional version such as @2.");
        }

        var members = node.Known(
            "A view", ["entity", "features", "open", "ttl", "freshness", "serving", "lateness", "retention", "preload", "push_sources", .. Descriptive]);
        var isOpen = Bool(members, "open");
        var features = ReadFeatures(name, node, members, isOpen);
        var entity = members.TryGetValue("entity", out var entityNode) ? entityNode.Text("The name of an entity") : null;
        if (!members.ContainsKey("entity"))
        {
            node.Fault($"The view '{name}' names no entity.");
        }

        var (serving, isPreloaded) = (ReadServing(members), Bool(members, "preload"));
        if (isPreloaded && serving == ServingMode.Pull)
        {
            members["preload"].Fault("Only a view with serving: push is held in memory, and can be preloaded.");
        }

        return new FeatureView
        {
            Name = name,
            Entity = entity ?? "",
            Features = features,
            IsOpen = isOpen,
            Ttl = Duration(members, "ttl"),
            Freshness = Duration(members, "freshness"),
            Lateness = Duration(members, "lateness"),
            Retention = Duration(members, "retention"),
            Serving = serving,
            IsPreloaded = isPreloaded,
            PushSources = ReadPushSources(members),
            Description = ReadDescription(members),
        };
    }

    private static List<Feature> ReadFeatures(string view, RegistryNode node, Dictionary<string, RegistryNode> members, bool isOpen)
    {
        var features = new List<Feature>();
        if (members.TryGetValue("features", out var featuresNode))
        {
            foreach (var (name, feature) in featuresNode.Members("Features by name, each with its type"))
            {
                CheckName(name, feature, "a feature");
                features.Add(ReadFeature(name, feature));
            }
        }

        if (features.Count == 0 && !isOpen && (!members.ContainsKey("features") || featuresNode.Value.ValueKind is JsonValueKind.Null or JsonValueKind.Object))
        {
            node.Fault($"The view '{view}' has no features. Declare them, or let it take any with open: true.");
        }

        return features;
    }

    private static Feature ReadFeature(string name, RegistryNode node)
    {
        var type = new FeatureType(ScalarType.Json);
        if (node.Value.ValueKind != JsonValueKind.Object)
        {
            if (node.Text("A type, such as float64, or type and default") is { } text)
            {
                type = ReadType(text, node);
            }

            return new Feature(name, type, null, Description.None);
        }

        var members = node.Known("A feature", ["type", "default", .. Descriptive]);
        if (!members.TryGetValue("type", out var typeNode))
        {
            node.Fault($"The feature '{name}' has no type.");
        }
        else if (typeNode.Text("A type, such as float64") is { } text)
        {
            type = ReadType(text, typeNode);
        }

        string? value = null;
        if (members.TryGetValue("default", out var defaultNode) && !defaultNode.IsNull)
        {
            var coerced = ValueCoercion.Coerce(type, Encoding.UTF8.GetBytes(defaultNode.Value.GetRawText()), out var fault);
            value = fault is null ? Plain(coerced) : null;
            if (fault is not null)
            {
                defaultNode.Fault($"The default is no {type}: {fault}");
            }
        }

        return new Feature(name, type, value, ReadDescription(members));
    }

    /// <summary>The JSON text without what means nothing: white space between tokens, and escapes of characters that need none.</summary>
    private static string Plain(ReadOnlyMemory<byte> json)
    {
        var text = new ArrayBufferWriter<byte>(json.Length);
        using (var document = JsonDocument.Parse(json))
        using (var writer = new Utf8JsonWriter(text, RegistryWriter.Options))
        {
            document.RootElement.WriteTo(writer);
        }

        return Encoding.UTF8.GetString(text.WrittenSpan);
    }

    private static FeatureType ReadType(string text, RegistryNode node)
    {
        if (!FeatureType.TryParse(text, out var type))
        {
            node.Fault($"There is no type '{StateKey.Shorten(text)}'; there are {string.Join(", ", FeatureType.Names)}.{Meant(text)}");
        }

        return type;
    }

    /// <summary>What other systems call the types.</summary>
    private static string Meant(string text) => text.ToLowerInvariant() switch
    {
        "int" or "integer" or "long" or "bigint" => " Did you mean 'int64'?",
        "double" or "float" or "number" or "decimal" => " Did you mean 'float64'?",
        "str" or "text" or "varchar" => " Did you mean 'string'?",
        "boolean" => " Did you mean 'bool'?",
        "datetime" or "unixtimestamp" or "time" => " Did you mean 'timestamp'?",
        "vector" or "embedding" => " Did you mean 'list<float32>'?",
        var lower when lower.StartsWith("array", StringComparison.Ordinal) || lower.EndsWith("[]", StringComparison.Ordinal) => " A list is written as list<float64>.",
        _ => ClosestName.Suggestion(text, FeatureType.Names),
    };

    private static FeatureService? ReadService(string name, RegistryNode node)
    {
        CheckName(name, node, "a feature service");
        var (list, description) = (node, Description.None);
        if (node.Value.ValueKind == JsonValueKind.Object)
        {
            var members = node.Known("A feature service", ["features", .. Descriptive]);
            description = ReadDescription(members);
            if (!members.TryGetValue("features", out list))
            {
                node.Fault($"The feature service '{name}' has no features.");
                return null;
            }
        }

        var features = new List<FeatureReference>();
        foreach (var element in list.Elements("A list of features, such as [airport_weather:temp],"))
        {
            if (element.Text("A feature as view:feature") is not { } text)
            {
                continue;
            }

            if (!FeatureReference.TryParse(text, out var reference))
            {
                element.Fault($"A feature is named view:feature; '{StateKey.Shorten(text)}' is not.");
            }
            else if (features.Contains(reference))
            {
                element.Fault($"The feature '{text}' stands more than once.");
            }
            else
            {
                features.Add(reference);
            }
        }

        if (list.IsNull || (list.Value.ValueKind == JsonValueKind.Array && list.Value.GetArrayLength() == 0))
        {
            node.Fault($"The feature service '{name}' has no features.");
        }

        return new FeatureService(name, features, description);
    }

    private static void CheckReferences(
        List<(string Name, RegistryNode Node, Entity? Item)> entities,
        List<(string Name, RegistryNode Node, FeatureView? Item)> views,
        List<(string Name, RegistryNode Node, FeatureService? Item)> services)
    {
        var entityNames = entities.ConvertAll(entity => entity.Name);
        foreach (var (_, node, view) in views)
        {
            if (view is { Entity.Length: > 0 } && !entityNames.Contains(view.Entity))
            {
                node.At("entity").Fault($"There is no entity '{StateKey.Shorten(view.Entity)}'.{ClosestName.Suggestion(view.Entity, entityNames)}");
            }
        }

        var byName = views.Where(view => view.Item is not null).ToDictionary(view => view.Name, view => view.Item!, StringComparer.Ordinal);
        foreach (var (_, node, service) in services)
        {
            for (var i = 0; service is not null && i < service.Features.Count; i++)
            {
                CheckReference(node, service.Features[i], byName);
            }
        }
    }

    private static void CheckReference(RegistryNode service, FeatureReference reference, Dictionary<string, FeatureView> views)
    {
        if (!views.TryGetValue(reference.View, out var view))
        {
            service.Element(reference.ToString()).Fault($"There is no view '{StateKey.Shorten(reference.View)}'.{ClosestName.Suggestion(reference.View, views.Keys)}");
        }
        else if (!view.IsOpen && view.Find(reference.Feature) is null)
        {
            service.Element(reference.ToString()).Fault(
                $"The view '{reference.View}' has no feature '{StateKey.Shorten(reference.Feature)}'.{ClosestName.Suggestion(reference.Feature, view.Features.Select(feature => feature.Name))}");
        }
    }

    /// <summary>A push of one entity's rows cannot reach views of another.</summary>
    private static void CheckPushSources(List<(string Name, RegistryNode Node, FeatureView? Item)> views)
    {
        var sources = views.Where(view => view.Item is not null)
            .SelectMany(view => view.Item!.PushSources.Select(source => (source, view)))
            .GroupBy(pair => pair.source, pair => pair.view);
        foreach (var source in sources)
        {
            var first = source.First();
            foreach (var other in source.Skip(1).Where(view => view.Item!.Entity != first.Item!.Entity))
            {
                other.Node.At("push_sources").Fault(
                    $"The push source '{source.Key}' reaches '{first.Name}' of entity '{first.Item!.Entity}' too; all views of a push source have one entity.");
            }
        }
    }

    /// <summary>In tables and data frames a column is a key or a feature, and these are told apart by their names alone.</summary>
    private static void CheckFeatureNames(
        List<(string Name, RegistryNode Node, Entity? Item)> entities, List<(string Name, RegistryNode Node, FeatureView? Item)> views)
    {
        foreach (var (_, node, view) in views)
        {
            var keys = entities.Find(entity => entity.Name == view?.Entity).Item?.Keys ?? [];
            foreach (var key in keys.Where(key => view!.Find(key.Name) is not null))
            {
                node.At("features").Fault($"The feature '{key.Name}' is a join key of '{view!.Entity}', so that a column of this name could be either. Name it otherwise.");
            }
        }
    }

    private static ServingMode ReadServing(Dictionary<string, RegistryNode> members)
    {
        if (!members.TryGetValue("serving", out var node) || node.IsNull)
        {
            return ServingMode.Pull;
        }

        var text = node.Text("push or pull");
        if (text is not (null or "push" or "pull"))
        {
            node.Fault($"serving is push or pull; '{StateKey.Shorten(text)}' is not.");
        }

        return text == "push" ? ServingMode.Push : ServingMode.Pull;
    }

    private static List<string> ReadPushSources(Dictionary<string, RegistryNode> members)
    {
        var sources = new List<string>();
        if (members.TryGetValue("push_sources", out var node))
        {
            foreach (var element in node.Elements("A list of names"))
            {
                if (element.Text("A name of a push source") is { } source)
                {
                    CheckName(source, element, "a push source");
                    if (sources.Contains(source))
                    {
                        element.Fault($"The push source '{source}' stands more than once.");
                    }

                    sources.Add(source);
                }
            }
        }

        return sources;
    }

    private static Description ReadDescription(Dictionary<string, RegistryNode> members)
    {
        var tags = new SortedDictionary<string, string>(StringComparer.Ordinal);
        if (members.TryGetValue("tags", out var tagsNode))
        {
            foreach (var (name, node) in tagsNode.Members("Labels by name"))
            {
                if (node.Text("A text") is { } text)
                {
                    tags.Add(name, text);
                }
            }
        }

        return new Description(Optional(members, "description"), Optional(members, "owner"), tags);
    }

    private static string? Optional(Dictionary<string, RegistryNode> members, string name) =>
        members.TryGetValue(name, out var node) && !node.IsNull ? node.Text("A text") : null;

    private static TimeSpan? Duration(Dictionary<string, RegistryNode> members, string name) =>
        members.TryGetValue(name, out var node) ? node.Duration() : null;

    private static bool Bool(Dictionary<string, RegistryNode> members, string name)
    {
        if (!members.TryGetValue(name, out var node) || node.IsNull)
        {
            return false;
        }

        if (node.Value.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
        {
            node.Fault($"{name} is true or false.");
        }

        return node.Value.ValueKind == JsonValueKind.True;
    }

    private static void CheckName(string name, RegistryNode node, string what)
    {
        if (!Name().IsMatch(name) || name.Length > FeatureReader.MaxNameBytes)
        {
            node.Fault($"'{StateKey.Shorten(name)}' is no name of {what}: {NameRule}.");
        }
    }

    [GeneratedRegex("^[a-z][a-z0-9_]*\\z", RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}
