using System.Text.Json;
using FeatureStore.Harness;
using FeatureStore.SystemTests.Declared;
using Xunit;

namespace FeatureStore.SystemTests.Feast;

/// <summary>What was stored before its type was declared need not be of it.</summary>
public sealed class StoredBeforeTests(SqliteStack shared) : IClassFixture<SqliteStack>
{
    private static readonly string[] Types = ["bool", "int32", "int64", "float32", "float64", "string", "bytes", "timestamp", "json"];

    /// <summary>Values, with what they are read as by default.</summary>
    private static readonly (string Stored, string Read)[] Values =
    [
        ("5", "5"), ("-2.5", "-2.5"), ("true", "true"), ("\"42\"", "\"42\""), ("\"\"", "\"\""), ("\"t\"", "\"t\""),
        ("\"2026-01-01T00:00:01Z\"", "\"2026-01-01T00:00:01Z\""), ("null", "null"), ("[]", "null"), ("[1,2]", "[1,2]"), ("[1,2.5]", "[1.0,2.5]"),
        ("[\"a\"]", "[\"a\"]"), ("[\"2026-01-01T00:00:01Z\"]", "[\"2026-01-01T00:00:01Z\"]"), ("[true]", "[true]"), ("[1,\"a\"]", "[1,\"a\"]:text"),
        ("[[1]]", "[[1]]:text"), ("[1,null]", "null"), ("{\"a\":1}", "{\"a\":1}:text"),
    ];

    [Fact]
    public async Task A_value_of_any_kind_is_read_as_any_type()
    {
        var stack = shared.Stack;
        var types = Types.Concat(Types.Where(type => type != "json").Select(type => $"list<{type}>")).ToArray();
        var names = string.Join(',', Enumerable.Range(0, types.Length).Select(at => $"\"before:f{at}\""));
        for (var i = 0; i < Values.Length; i++)
        {
            var row = string.Join(',', Enumerable.Range(0, types.Length).Select(at => $"\"f{at}\":{Values[i].Stored}"));
            var stored = await stack.Ingest.Put($"/features/{i}?view=before", $"{{{row}}}");
            Assert.True(stored.Status == System.Net.HttpStatusCode.OK, stored.Body);
        }

        var declared = string.Join(',', types.Select((type, at) => $"\"f{at}\":\"{type}\""));
        await stack.Declare($$$"""{"entities":{"e":{"keys":{"id":"string"} } },"views":{"before":{"entity":"e","features":{ {{{declared}}} } } } }""");

        var ids = string.Join(',', Enumerable.Range(0, Values.Length).Select(i => $"\"{i}\""));
        var reply = await stack.Ask($$"""{"entities":{"id":[{{ids}}]},"features":[{{names}}]}""");
        Assert.True(reply.Status == System.Net.HttpStatusCode.OK, reply.Body);
        var columns = reply.Json.GetProperty("results").EnumerateArray().Skip(1).ToArray();
        for (var at = 0; at < types.Length; at++)
        {
            for (var i = 0; i < Values.Length; i++)
            {
                Assert.Equal((types[at], Values[i].Stored, Expected(types[at], Values[i])), (types[at], Values[i].Stored, columns[at].GetProperty("values")[i].GetRawText()));
            }
        }
    }

    private static string Expected(string type, (string Stored, string Read) value) => (type, value.Stored) switch
    {
        ("float32" or "float64", "5") => "5.0",
        ("list<float32>" or "list<float64>", "[1,2]") => "[1.0,2.0]",
        ("timestamp", "\"2026-01-01T00:00:01Z\"") => "1767225601",
        ("list<timestamp>", "[\"2026-01-01T00:00:01Z\"]") => "[1767225601]",
        ("json", "null") => "null",
        ("json", [not '"', ..] and var text) => JsonSerializer.Serialize(text, JsonSerializerOptions.Default).Replace("\\u0022", "\\\"", StringComparison.Ordinal),
        _ when value.Read.EndsWith(":text", StringComparison.Ordinal) =>
            JsonSerializer.Serialize(value.Stored, JsonSerializerOptions.Default).Replace("\\u0022", "\\\"", StringComparison.Ordinal),
        _ => value.Read,
    };
}
