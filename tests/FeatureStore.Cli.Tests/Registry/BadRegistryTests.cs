using FeatureStore.Cli.Registry;

namespace FeatureStore.Cli.Tests.Registry;

/// <summary>Everything that can be wrong with a registry is said with its place and, where one is near, the right name.</summary>
public sealed class BadRegistryTests
{
    /// <summary>Each with the one fault that it has, after the file's name.</summary>
    public static TheoryData<string, string> Bad => new()
    {
        // YAML
        { "entities: [", "2:1: Not valid YAML:" },
        { "entities:\n\ta: {}", "2:1: Not valid YAML:" },
        { "entities: {}\nentities: {}", "2:1: Not valid YAML: Duplicate key" },
        { "entities:\n  a: { keys: { x: string }\nviews: {}", "2:26: Not valid YAML: a { or [ is not closed up to here." },
        { "entities:\n  a: { keys: { x: string } }\nviews:\n  v: { entity: *b, open: true }", "4:16: Not valid YAML: The anchor 'b' does not exist" },
        { "entities:\n  a: { keys: { x: string } }\n   b: {}", "3:4: Not valid YAML:" },
        { "entities: \"a", "1:11: Not valid YAML: While scanning a quoted scalar, found unexpected end of stream." },
        { "entities: {}\n---\nentities: 7", "3:1: Declarations by name are expected here." },
        { View("entity: airport", "features: { t: { type: json, default: &d [*d, *d] } }"), "is nested more than 40 deep, or refers to itself." },
        { "- a\n- b", "1:1: A mapping with entities, views, services is expected." },
        { "just a text", "1:1: A mapping with entities, views, services is expected." },
        { "? [a, b]\n: c", "1:3: A name is expected here, not a list or a mapping." },
        { "entitys: {}", "1:1: A registry has no 'entitys'; it may have entities, views, services. Did you mean 'entities'?" },
        { "entities: []", "1:1: Entities by name is expected here." },
        { "views: 7", "1:1: Feature views by name is expected here." },

        // Entities
        { "entities:\n  Airport: { keys: { origin: string } }", "2:3: 'Airport' is no name of an entity: lower-case letters, digits and _, beginning with a letter." },
        { "entities:\n  airport: {}", "2:3: The entity 'airport' has no keys. Name its join keys with their types, such as keys: { airport_id: string }." },
        { "entities:\n  airport: { keys: {} }", "2:14: The entity 'airport' has no keys." },
        { "entities:\n  airport: { keys: [origin] }", "2:14: Join keys with their types is expected here." },
        { "entities:\n  airport: { keys: { origin: float64 } }", "2:22: A join key is string, int32 or int64; 'float64' is not." },
        { "entities:\n  airport: { keys: { origin: sting } }", "2:22: A join key is string, int32 or int64; 'sting' is not. Did you mean 'string'?" },
        { "entities:\n  airport: { keys: { origin: 7 } }", "2:22: A type of a join key (string, int32 or int64) is expected here, not 7." },
        { "entities:\n  airport: { keys: { Origin: string } }", "2:22: 'Origin' is no name of a join key" },
        { "entities:\n  airport: { keys: { origin: string }, ttl: 3h }", "2:40: An entity has no 'ttl'; it may have keys, description, owner, tags." },
        { "entities:\n  airport: { keys: { origin: string }, tags: [a] }", "2:40: Labels by name is expected here." },
        { "entities:\n  airport: { keys: { origin: string }, tags: { a: 1 } }", "2:48: A text is expected here, not 1." },
        { "entities:\n  airport: { keys: { origin: string }, description: [a] }", "2:40: A text is expected here." },

        // Views
        { View(["entity: airport", "features: { t: float64 }"], "Weather"), "3:3: 'Weather' is no name of a view: lower-case letters, digits and _, beginning with a letter, with an optional version such as @2." },
        { View(["entity: airport", "features: { t: float64 }"], "weather@0"), "3:3: 'weather@0' is no name of a view" },
        { View("features: { t: float64 }"), "3:3: The view 'weather' names no entity." },
        { View("entity: airprt", "features: { t: float64 }"), "4:5: There is no entity 'airprt'. Did you mean 'airport'?" },
        { View("entity: bus_stop", "features: { t: float64 }"), "4:5: There is no entity 'bus_stop'." },
        { View("entity: airport"), "3:3: The view 'weather' has no features. Declare them, or let it take any with open: true." },
        { View("entity: airport", "features: {}"), "3:3: The view 'weather' has no features. Declare them, or let it take any with open: true." },
        { View("entity: airport", "features: [t]"), "5:5: Features by name, each with its type is expected here." },
        { View("entity: airport", "features: { t: flaot64 }"), "5:17: There is no type 'flaot64'; there are bool, int32, int64, float32, float64, string, bytes, timestamp, json, list<bool>," },
        { View("entity: airport", "features: { t: double }"), "Did you mean 'float64'?" },
        { View("entity: airport", "features: { t: integer }"), "Did you mean 'int64'?" },
        { View("entity: airport", "features: { t: Array(Float32) }"), "A list is written as list<float64>." },
        { View("entity: airport", "features: { t: list<json> }"), "5:17: There is no type 'list<json>'" },
        { View("entity: airport", "features: { t: }"), "5:17: A type, such as float64, or type and default is expected here." },
        { View("entity: airport", "features: { t: [float64] }"), "5:17: A type, such as float64, or type and default is expected here." },
        { View("entity: airport", "features: { T: float64 }"), "5:17: 'T' is no name of a feature" },
        { View("entity: airport", "features: { t: { default: 1 } }"), "5:17: The feature 't' has no type." },
        { View("entity: airport", "features: { t: { type: int64, defualt: 1 } }"), "5:35: A feature has no 'defualt'; it may have type, default, description, owner, tags. Did you mean 'default'?" },
        { View("entity: airport", "features: { t: { type: int64, default: 1.5 } }"), "5:35: The default is no int64:" },
        { View("entity: airport", "features: { t: { type: string, default: 1 } }"), "5:36: The default is no string: a string is expected, 1 was given" },
        { View("entity: airport", "features: { t: { type: int32, default: 3000000000 } }"), "5:35: The default is no int32: 3000000000 is beyond int32" },
        { View("entity: airport", "features: { t: float64 }", "ttl: 3"), "6:5: A length of time above zero, up to 100 years, is expected: a number with a unit (ms, s, m, h, d), such as 90s, 3h or 1h30m; '3' is not. Did you mean '3s'?" },
        { View("entity: airport", "features: { t: float64 }", "ttl: 3 hours"), "6:5: A length of time above zero, up to 100 years, is expected: a number with a unit (ms, s, m, h, d), such as 90s, 3h or 1h30m; '3 hours' is not." },
        { View("entity: airport", "features: { t: float64 }", "freshness: 0s"), "6:5: A length of time above zero, up to 100 years, is expected: a number with a unit (ms, s, m, h, d), such as 90s, 3h or 1h30m; '0s' is not." },
        { View("entity: airport", "features: { t: float64 }", "lateness: 200000d"), "6:5: A length of time above zero, up to 100 years, is expected: a number with a unit (ms, s, m, h, d), such as 90s, 3h or 1h30m; '200000d' is not." },
        { View("entity: airport", "features: { t: float64 }", "serving: pusch"), "6:5: serving is push or pull; 'pusch' is not." },
        { View("entity: airport", "features: { t: float64 }", "open: yes"), "6:5: open is true or false." },
        { View("entity: airport", "features: { t: float64 }", "time_to_live: 3h"), "6:5: A view has no 'time_to_live'; it may have entity, features, open, ttl" },
        { View("entity: airport", "features: { t: float64 }", "push_sources: a"), "6:5: A list of names is expected here." },
        { View("entity: airport", "features: { t: float64 }", "push_sources: [A b]"), "6:20: 'A b' is no name of a push source" },
        { View("entity: airport", "features: { t: float64 }", "push_sources: [a, a]"), "6:23: The push source 'a' stands more than once." },
        { View("entity: airport", "features: { t: float64, origin: string }"), "5:5: The feature 'origin' is a join key of 'airport', so that a column of this name could be either. Name it otherwise." },
        {
            "entities:\n  a: { keys: { x: string } }\n  b: { keys: { y: string } }\nviews:\n  v: { entity: a, open: true, push_sources: [s] }\n  w: { entity: b, open: true, push_sources: [s] }",
            "6:31: The push source 's' reaches 'v' of entity 'a' too; all views of a push source have one entity."
        },

        // Services
        { Service("m: weather:t"), "7:3: A list of features, such as [airport_weather:temp], is expected here." },
        { Service("m: [weather]"), "7:7: A feature is named view:feature; 'weather' is not." },
        { Service("m: [weathr:t]"), "7:7: There is no view 'weathr'. Did you mean 'weather'?" },
        { Service("m: [weather:tmp]"), "7:7: The view 'weather' has no feature 'tmp'." },
        { Service("m: [weather:t, weather:t]"), "7:18: The feature 'weather:t' stands more than once." },
        { Service("m: []"), "7:3: The feature service 'm' has no features." },
        { Service("m: { description: x }"), "7:3: The feature service 'm' has no features." },
        { Service("m: { features: [weather:x] }"), "7:19: The view 'weather' has no feature 'x'." },
        { Service("Model: [weather:t]"), "7:3: 'Model' is no name of a feature service" },
    };

    [Fact]
    public void NoTwoOfThemAreToldTheSame()
    {
        var told = Bad.Select(bad => bad.Data.Item2).ToList();
        Assert.True(told.Distinct().Count() >= 50, $"{told.Distinct().Count()} are told apart.");
    }

    [Theory]
    [MemberData(nameof(Bad))]
    public void EachFaultIsNamedWithItsPlace(string yaml, string expected)
    {
        using var folder = new TemporaryFolder();
        var file = folder.Write("features.yaml", yaml);

        var fault = Assert.Single(RegistryFiles.Read(file).Faults).ToString();
        Assert.StartsWith(file + ":", fault, StringComparison.Ordinal);
        Assert.Contains(expected, fault[file.Length..], StringComparison.Ordinal);
    }

    [Fact]
    public void EveryFaultOfEveryFileIsNamedAtOnceInOrder()
    {
        using var folder = new TemporaryFolder();
        var first = folder.Write("a.yaml", "entities:\n  airport: { keys: { origin: string } }\nviews:\n  w: { entity: airprt, ttl: 3, features: { t: foat64 } }");
        var second = folder.Write("b.yaml", "entities:\n  airport: { keys: { origin: string } }\nservices:\n  m: [w:x]");
        var faults = RegistryFiles.Read(Path.GetDirectoryName(first)!).Faults;

        Assert.Equal([$"{first}:4", $"{first}:4", $"{first}:4", $"{second}:2", $"{second}:4"], faults.Select(fault => $"{fault.Position.File}:{fault.Position.Line}"));
        Assert.Contains($"'airport' is declared at {first}:2:3 already.", faults[3].Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatIsNotThereIsAMistakeOfTheCommandLine()
    {
        using var folder = new TemporaryFolder();
        Assert.Throws<UsageException>(() => RegistryFiles.Read(Path.Combine(folder.Path, "nowhere")));
        Assert.Throws<UsageException>(() => RegistryFiles.Read(folder.Path));
    }

    private static string View(params string[] members) => View(members, "weather");

    private static string View(string[] members, string name) =>
        $"entities: {{ airport: {{ keys: {{ origin: string }} }} }}\nviews:\n  {name}:\n{string.Join('\n', members.Select(member => "    " + member))}";

    private static string Service(string service) => View("entity: airport", "features: { t: float64 }") + $"\nservices:\n  {service}";
}
