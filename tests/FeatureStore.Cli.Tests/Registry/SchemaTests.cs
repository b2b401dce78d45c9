using System.Text.Json;
using System.Text.Json.Nodes;
using FeatureStore.Cli.Registry;
using FeatureStore.Model;
using FeatureStore.Model.Tests.Registry;
using FsCheck;
using FsCheck.Fluent;
using Json.Schema;

namespace FeatureStore.Cli.Tests.Registry;

/// <summary>The schema that editors use takes what the command takes, and shows most of what it refuses.</summary>
public sealed class SchemaTests
{
    private static readonly string Root = RepositoryRoot.Path;
    private static readonly string Text = File.ReadAllText(Path.Combine(Root, "docs", "registry.schema.json"));
    private static readonly JsonSchema Schema = JsonSchema.FromText(Text);

    /// <summary>What only the whole registry shows, or what a schema has no words for.</summary>
    private static readonly string[] BeyondSchemas =
    [
        "There is no entity '", "There is no view '", "The view 'weather' has no feature '", "The push source '", "The default is no ", "'200000d' is not.", "is a join key of",
    ];

    public static TheoryData<string> Examples => [.. Directory.EnumerateFiles(Path.Combine(Root, "features"), "*.yaml").Select(file => Path.GetRelativePath(Root, file))];

    [Theory]
    [MemberData(nameof(Examples))]
    public void ItTakesTheExamples(string file) => Assert.True(Takes(File.ReadAllText(Path.Combine(Root, file))));

    [Fact]
    public void ItTakesEveryRegistry() => Check.One(Config.QuickThrowOnFailure, Prop.ForAll(Registries.All, registry => Takes(RegistryYaml.Write(registry))));

    [Fact]
    public void ItRefusesWhatIsWrongInItself()
    {
        string[] taken = [.. BadRegistryTests.Bad.Select(bad => bad.Data).Where(bad => Json(bad.Item1) is { } json && Schema.Evaluate(json).IsValid).Select(bad => bad.Item2)];
        Assert.All(taken, fault => Assert.Contains(BeyondSchemas, beyond => fault.Contains(beyond, StringComparison.Ordinal)));
        var refused = BadRegistryTests.Bad.Count(bad => Json(bad.Data.Item1) is { } json && !Schema.Evaluate(json).IsValid);
        Assert.True(refused >= 40, $"{refused} are refused.");
    }

    [Fact]
    public void ItKnowsWhatTheReaderKnows()
    {
        using var schema = JsonDocument.Parse(Text);
        var sections = schema.RootElement.GetProperty("properties");
        Assert.Equal(FeatureType.Names, schema.RootElement.GetProperty("$defs").GetProperty("type").GetProperty("enum").EnumerateArray().Select(type => type.GetString()));
        Assert.Equal(["entities", "views", "services"], sections.EnumerateObject().Select(section => section.Name));

        // Each member that the schema allows is one that the reader takes, and the reader names all of them.
        Same("An entity", Members(sections.GetProperty("entities").GetProperty("additionalProperties")), """{"entities":{"a":{"?":1}}}""");
        Same("A view", Members(sections.GetProperty("views").GetProperty("additionalProperties")), """{"views":{"v":{"?":1}}}""");
        var feature = sections.GetProperty("views").GetProperty("additionalProperties").GetProperty("properties").GetProperty("features")
            .GetProperty("additionalProperties").GetProperty("oneOf")[1];
        Same("A feature", Members(feature), """{"views":{"v":{"features":{"f":{"?":1}}}}}""");
        Same("A feature service", Members(sections.GetProperty("services").GetProperty("additionalProperties").GetProperty("oneOf")[1]), """{"services":{"s":{"?":1}}}""");
    }

    private static bool Takes(string yaml) => Schema.Evaluate(Json(yaml)!.Value).IsValid;

    /// <summary>The JSON that an editor takes a document for; null if it is not valid YAML.</summary>
    private static JsonElement? Json(string yaml)
    {
        var faults = new List<YamlFault>();
        var converter = new YamlJson("-");
        JsonNode?[] documents = [.. YamlText.Read("-", yaml, faults).Select(document => converter.Convert(document.RootNode, ""))];
        return faults.Count + converter.Faults.Count > 0 || documents.Length != 1 ? null : JsonElement.Parse(documents[0]?.ToJsonString() ?? "null");
    }

    private static string[] Members(JsonElement schema) => [.. schema.GetProperty("properties").EnumerateObject().Select(member => member.Name).Order(StringComparer.Ordinal)];

    private static void Same(string what, string[] allowed, string unknown)
    {
        var faults = new List<RegistryFault>();
        using var json = JsonDocument.Parse(unknown);
        RegistryReader.Read(json.RootElement, faults);
        var named = faults.Single(fault => fault.Detail.StartsWith($"{what} has no '?'", StringComparison.Ordinal)).Detail;
        var names = named[(named.IndexOf("may have ", StringComparison.Ordinal) + 9)..named.LastIndexOf('.')].Split(", ");
        Assert.Equal(allowed, names.Order(StringComparer.Ordinal));
    }
}
