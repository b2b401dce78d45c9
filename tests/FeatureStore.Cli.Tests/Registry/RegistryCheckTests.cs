using System.Text.Json;
using FeatureStore.Model;

namespace FeatureStore.Cli.Tests.Registry;

/// <summary><c>registry check</c>, the example registry, and the schema that editors use.</summary>
public sealed class RegistryCheckTests
{
    private static readonly string Root = FindRoot();

    [Fact]
    public async Task TheExampleRegistryIsWhole()
    {
        var run = await CommandLine.RunAsync(["registry", "check", Path.Combine(Root, "features")]);
        Assert.Equal(
            """
            view aircraft of aircraft (tailnum): 8 features, no ttl, pull
            view airport_weather of airport (origin): 9 features, ttl 3h, push
            service delay_model_v1: 5 features

            """,
            run.Out);
        Assert.Equal((0, ""), (run.Exit, run.Error));
    }

    [Fact]
    public async Task FaultsAreNamedAndCounted()
    {
        using var folder = new TemporaryFolder();
        var file = folder.Write("f.yaml", "entities:\n  a: { keys: { x: string } }\nviews:\n  v: { entity: b, ttl: 3, open: true }");
        var run = await CommandLine.RunAsync(["registry", "check", file]);
        Assert.Equal(1, run.Exit);
        Assert.Empty(run.Out);
        Assert.StartsWith($"{file}:4:8: There is no entity 'b'.", run.Error, StringComparison.Ordinal);
        Assert.Contains($"{file}:4:19: A length of time above zero", run.Error, StringComparison.Ordinal);
        Assert.EndsWith("2 faults were found.\n", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatIsNotThereIsAMistakeOfTheCommandLine() =>
        Assert.Equal(2, (await CommandLine.RunAsync(["registry", "check", "nowhere-at-all"])).Exit);

    [Fact]
    public void TheSchemaForEditorsKnowsWhatTheReaderKnows()
    {
        using var schema = JsonDocument.Parse(File.ReadAllText(Path.Combine(Root, "docs", "registry.schema.json")));
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

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "FeatureStore.sln")))
        {
            folder = folder.Parent;
        }

        return folder.FullName;
    }
}
