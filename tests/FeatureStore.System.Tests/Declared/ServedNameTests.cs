using FeatureStore.Harness;
using Xunit;

namespace FeatureStore.SystemTests.Declared;

/// <summary>No two features are served under one name.</summary>
public sealed class ServedNameTests(SqliteStack shared) : IClassFixture<SqliteStack>
{
    private FeatureStack Stack => shared.Stack;

    [Fact]
    public async Task A_feature_that_is_named_as_another_with_its_view_is_told_apart()
    {
        await Declare();
        var one = await Stack.Api.Read("/features/1");
        Assert.Equal("""{"v__f":1,"w__f":2,"w__v__f":3}""", one.Json.GetProperty("features").GetRawText());
        var asked = await Stack.Api.Read("/features/1?feature=v__f");
        Assert.Equal("""{"v__f":1,"w__v__f":3}""", asked.Json.GetProperty("features").GetRawText());
        var both = await Stack.Api.Read("/features/1?view=v&feature=f&feature=v__f");
        Assert.Equal("""{"f":1}""", both.Features);
        var query = await Stack.Api.Query("""{"features":["w:v__f","v:f","w:f"],"entities":[{"id":"1"}]}""");
        Assert.Equal("""["w__v__f","v__f","w__f"]""", query.Json.GetProperty("features").GetRawText());
        Assert.Equal(["3", "1", "2"], query.Row(0));
        var bare = await Stack.Api.Query("""{"features":["w:v__f","v:f"],"entities":[{"id":"1"}]}""");
        Assert.Equal("""["v__f","f"]""", bare.Json.GetProperty("features").GetRawText());
    }

    [Fact]
    public async Task What_a_service_lacks_is_missing_in_its_own_view()
    {
        await Declare();
        await Stack.Ingest.Patch("/features/2?view=v", """{"f":1}""");
        var reply = await Stack.Api.Read("/features/2?service=s&metadata=true");
        Assert.Equal("w", reply.Json.GetProperty("metadata").GetProperty("extra").GetProperty("view").GetString());
    }

    private async Task Declare()
    {
        await Stack.Declare("""
            {"entities":{"e":{"keys":{"id":"string"}}},
             "views":{"v":{"entity":"e","features":{"f":"int64"}},"w":{"entity":"e","open":true,"features":{"f":"int64","v__f":"int64"}}},
             "services":{"s":["v:f","w:extra"]}}
            """);
        await Stack.Ingest.Patch("/features/1?view=v", """{"f":1}""");
        await Stack.Ingest.Patch("/features/1?view=w", """{"f":2,"v__f":3}""");
    }
}
