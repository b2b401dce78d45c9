using System.Globalization;
using System.Net;
using FeatureStore.Harness;
using Xunit;

namespace FeatureStore.SystemTests.Declared;

/// <summary>What is deleted is gone at once and does not come back.</summary>
public sealed class DeleteTests(RedisStack shared) : IClassFixture<RedisStack>
{
    public static TheoryData<string> Ways => ["http", "bulk", "event"];

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task An_entitys_row_leaves_the_store_and_no_older_row_brings_it_back(string way)
    {
        Assert.SkipWhen(shared.SkipReason is not null, shared.SkipReason ?? "");
        var stack = shared.Stack;
        var id = "del-" + way;
        await stack.Ingest.Patch($"/features/{id}", """{"secret":"planted-value","other":1}""");
        Assert.Contains("planted-value", await DocumentAsync(id), StringComparison.Ordinal);

        await DeleteAsync(way, id, null);
        Assert.DoesNotContain("planted-value", await DocumentAsync(id), StringComparison.Ordinal);
        Assert.EndsWith("\"features\":{}}", await DocumentAsync(id), StringComparison.Ordinal);
        var older = Ago(TimeSpan.FromHours(1));
        var late = await stack.Ingest.Patch($"/features/{id}?event_timestamp={older}", """{"secret":"older"}""");
        Assert.Equal("superseded", late.Json.GetProperty("outcome").GetString());
        await stack.Publish($$$"""{"entity_id":"{{{id}}}","event_timestamp":"{{{older}}}","features":{"secret":"older"}}""");
        await stack.Publish($$$"""{"entity_id":"{{{id}}}-after","features":{"f":1}}""");
        await stack.Becomes($"/features/{id}-after", """{"f":1}""");
        Assert.Equal(HttpStatusCode.NotFound, (await stack.Api.Read($"/features/{id}")).Status);

        await stack.Ingest.Patch($"/features/{id}", """{"fresh":1}""");
        Assert.Equal("""{"fresh":1}""", (await stack.Api.Read($"/features/{id}")).Features);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Single_features_are_deleted_and_the_rest_stays(string way)
    {
        Assert.SkipWhen(shared.SkipReason is not null, shared.SkipReason ?? "");
        var stack = shared.Stack;
        var id = "del-feature-" + way;
        await stack.Ingest.Patch($"/features/{id}", """{"secret":"planted-value","other":1}""");
        await DeleteAsync(way, id, "secret");
        Assert.DoesNotContain("planted-value", await DocumentAsync(id), StringComparison.Ordinal);
        Assert.Equal("""{"other":1}""", (await stack.Api.Read($"/features/{id}")).Features);
        await stack.Ingest.Patch($"/features/{id}?event_timestamp={Ago(TimeSpan.FromHours(1))}", """{"secret":"older"}""");
        Assert.Equal("""{"other":1}""", (await stack.Api.Read($"/features/{id}")).Features);
    }

    private async Task DeleteAsync(string way, string id, string? feature)
    {
        var stack = shared.Stack;
        var names = feature is null ? "" : $",\"features\":[\"{feature}\"]";
        // As events carry whole seconds, a delete that is to beat a write of the same second says when it is true.
        var row = $$"""{"entity_id":"{{id}}","op":"delete","event_timestamp":"{{Ago(TimeSpan.FromSeconds(-1))}}"{{names}}}""";
        switch (way)
        {
            case "http":
                Assert.Equal(HttpStatusCode.OK, (await stack.Ingest.Delete($"/features/{id}{(feature is null ? "" : "?feature=" + feature)}")).Status);
                break;
            case "bulk":
                Assert.Equal(HttpStatusCode.OK, (await stack.Ingest.PostLines(row)).Status);
                break;
            default:
                await stack.Publish(row);
                await Wait.UntilAsync(async () => !(await DocumentAsync(id)).Contains("planted-value", StringComparison.Ordinal), "the deletion to arrive");
                break;
        }
    }

    private async Task<string> DocumentAsync(string id)
    {
        await using var redis = await shared.Redis.ConnectAsync();
        return (string?)await redis.GetDatabase().HashGetAsync($"featurestore||default/{id}", "data") ?? "";
    }

    private static string Ago(TimeSpan time) => (DateTimeOffset.UtcNow - time).ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
}
