using System.Net;
using FeatureStore.Harness;
using FeatureStore.SystemTests.Feast;
using Xunit;

namespace FeatureStore.SystemTests.Declared;

/// <summary>A short request cannot make the service write without end: values that entities share are written for each.</summary>
public sealed class ReplyLimitTests(ReplyLimitTests.SmallReplies shared) : IClassFixture<ReplyLimitTests.SmallReplies>
{
    private static readonly string Value = new('x', 300);

    [Theory]
    [InlineData(3, true)]
    [InlineData(4, false)]
    public async Task A_reply_has_a_size_that_is_not_exceeded(int entities, bool isTaken)
    {
        var stack = shared.Stack;
        await stack.Declare("""{"entities":{"e":{"keys":{"id":"string"}}},"views":{"v":{"entity":"e","features":{"f":"string"}}}}""");
        await stack.Ingest.Patch("/features/1?view=v", $"{{\"f\":\"{Value}\"}}");
        var query = await stack.Api.Query($"{{\"features\":[\"v:f\"],\"entities\":[{string.Join(',', Enumerable.Repeat("{\"id\":\"1\"}", entities))}]}}");
        var feast = await stack.Ask($"{{\"features\":[\"v:f\"],\"entities\":{{\"id\":[{string.Join(',', Enumerable.Repeat("\"1\"", entities))}]}}}}");
        if (isTaken)
        {
            Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (query.Status, feast.Status));
            return;
        }

        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, HttpStatusCode.UnprocessableEntity), (query.Status, feast.Status));
        Assert.Equal("A reply may have 1000 bytes of values; these are 1208. Ask for fewer at once.", Assert.Single(query.Errors()).Detail);
        Assert.Equal(["[\"body\",\"entities\"]"], feast.Places());
    }

    /// <summary>The embedded default, with replies of a thousand bytes.</summary>
    public sealed class SmallReplies : SharedStack
    {
        private readonly ComponentFolder _components = new(
            "components/local", ("state.db", "{folder}/state.db"), ("events.db", "{folder}/events.db"));

        protected override Task<StackOptions?> PrepareAsync() => Task.FromResult<StackOptions?>(new StackOptions
        {
            Components = _components.Path,
            Environment = new Dictionary<string, string?> { ["Query__MaxReplyBytes"] = "1000" },
        });

        protected override ValueTask CleanAsync()
        {
            _components.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
