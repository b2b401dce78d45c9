using FeatureStore.Harness;
using FeatureStore.SystemTests.Declared;
using Xunit;

namespace FeatureStore.SystemTests.Feast;

/// <summary>Join keys of one name in several entities.</summary>
public sealed class JoinKeyTypeTests(SqliteStack shared) : IClassFixture<SqliteStack>
{
    [Fact]
    public async Task A_key_that_has_two_types_is_read_as_each_view_has_it()
    {
        var stack = shared.Stack;
        await stack.Declare("""
            {"entities":{"text":{"keys":{"id":"string"}},"number":{"keys":{"id":"int64"}}},
             "views":{"texts":{"entity":"text","features":{"a":"int64"}},"numbers":{"entity":"number","features":{"b":"int64"}}}}
            """);
        await stack.Ingest.Patch("/features/007?view=texts", """{"a":1}""");
        await stack.Ingest.Patch("/features/7?view=numbers", """{"b":2}""");
        foreach (var (features, echo) in ((string, string)[])[("\"texts:a\",\"numbers:b\"", "[\"007\"]"), ("\"numbers:b\",\"texts:a\"", "[7]")])
        {
            var reply = await stack.Ask($$"""{"entities":{"id":["007"]},"features":[{{features}}]}""");
            var columns = reply.Json.GetProperty("results").EnumerateArray().ToArray();
            Assert.Equal(echo, columns[0].GetProperty("values").GetRawText());
            Assert.All(columns, column => Assert.Equal("""["PRESENT"]""", column.GetProperty("statuses").GetRawText()));
        }
    }
}
