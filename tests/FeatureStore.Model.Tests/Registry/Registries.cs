using System.Text.Encodings.Web;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;

namespace FeatureStore.Model.Tests.Registry;

/// <summary>Generates registries without faults.</summary>
internal static class Registries
{
    private static readonly string[] Texts =
    [
        "", "a", "Ünïcode \"quoted\"", "line\nbreak", "#: -", "null", "~", "true", "Yes", "1", "1.0", "-7", "1e3", "0x1F", "3h", "2026-11-23", " edges ", "a: b", "a #b",
        "it's", "{a}", "[b], c", "- x", "*anchor", "&x", "!tag", "%d", "@home", "`x`", "a\ttab", "\r\n", "…\u2028\u0085\uFEFF", "\u0000\u001b[31m", "😀", "\\d+", "? a", "<<",
    ];

    private static Gen<Description> Descriptions => Gen.OneOf(
        Gen.Constant(Description.None),
        from text in Gen.Elements(Texts)
        from owner in Gen.Elements<string?>(null, "team-a")
        from tags in Gen.SubListOf("tier", "cost", "pii", "Null", "a b: c", "", "🏷")
        from value in Gen.Elements(Texts)
        select new Description(text, owner, tags.ToDictionary(tag => tag, tag => value)));

    private static Gen<FeatureType> Types => Gen.Elements(FeatureType.Names.Select(name => FeatureType.TryParse(name, out var type) ? type : default).ToArray());

    private static Gen<Feature> Feature(string name) =>
        from type in Types
        from description in Descriptions
        from hasDefault in Gen.Elements(true, false)
        from text in Gen.Elements(Texts)
        select new Feature(name, type, hasDefault ? Default(type, text) : null, description);

    private static Gen<TimeSpan?> Durations => Gen.Elements<TimeSpan?>(
        null, TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(90), TimeSpan.FromHours(3), TimeSpan.FromMilliseconds(93_784_005), Duration.Longest);

    private static Gen<FeatureView> View(string name, string entity) =>
        from names in Gen.NonEmptyListOf(Gen.Elements("a", "b", "c", "temp", "x_1"))
        from features in Gen.CollectToArray(names.Distinct().Select(Feature))
        from isOpen in Gen.Elements(true, false)
        from ttl in Durations
        from freshness in Durations
        from lateness in Durations
        from retention in Durations
        from preloaded in Gen.Elements(true, false)
        from serving in Gen.Elements(ServingMode.Pull, ServingMode.Push)
        from sources in Gen.SubListOf($"{entity}_push", $"{entity}_other")
        from description in Descriptions
        select new FeatureView
        {
            Name = name,
            Entity = entity,
            Features = features,
            IsOpen = isOpen,
            Ttl = ttl,
            Freshness = freshness,
            Lateness = lateness,
            Retention = retention,
            IsPreloaded = preloaded && serving == ServingMode.Push,
            Serving = serving,
            PushSources = sources,
            Description = description,
        };

    public static Arbitrary<Model.Registry> All => Arb.From(
        from keys in Gen.Elements<JoinKey[]>([new("origin", ScalarType.String)], [new("key_b", ScalarType.Int64), new("key_a", ScalarType.Int32)])
        from described in Descriptions
        from first in View("weather", "airport")
        from second in View("weather@2", "airport")
        from third in View("seats", "aircraft")
        from count in Gen.Choose(0, 3)
        from serviceDescription in Descriptions
        let views = new[] { first, second, third }.Take(count).ToArray()
        select new Model.Registry(
            [new Entity("airport", keys, described), new Entity("aircraft", [new JoinKey("tailnum", ScalarType.String)], Description.None)],
            views,
            count == 0 ? [] : [new FeatureService("model_v1", [.. views.SelectMany(view => view.Features.Select(f => new FeatureReference(view.Name, f.Name)))], serviceDescription)]));

    private static string Default(FeatureType type, string text) => type.IsList ? Default(type) : type.Scalar switch
    {
        ScalarType.Bool => "true",
        ScalarType.String => Quoted(text),
        ScalarType.Bytes => "\"AAH/\"",
        ScalarType.Timestamp => "\"2026-11-23T10:00:00Z\"",
        ScalarType.Json => $"{{\"a\":[1.0,null,{Quoted(text)},{{}},[]],\"b c\":{{\"\":1e+400}}}}",
        ScalarType.Float32 or ScalarType.Float64 => "1.0",
        _ => "-7",
    };

    private static string Default(FeatureType list) => list.Scalar is ScalarType.Float32 or ScalarType.Float64 ? "[1.0,2,-0.5e1]" : "[]";

    private static string Quoted(string text) => $"\"{JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";
}
