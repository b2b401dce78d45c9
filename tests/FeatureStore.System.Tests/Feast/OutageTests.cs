using System.Net;
using FeatureStore.Harness;
using Xunit;

namespace FeatureStore.SystemTests.Feast;

/// <summary>What a client of Feast is told while feature-ingest cannot be reached: to try again, which it does by itself.</summary>
public sealed class OutageTests(SqliteStack shared) : IClassFixture<SqliteStack>
{
    [Fact]
    public async Task Without_a_registry_everything_is_open_and_without_feature_ingest_a_write_is_503_in_JSON()
    {
        var stack = shared.Stack;
        await stack.Writes("default", "\"entity_id\":[\"a\",7],\"n\":[1,2]");
        Assert.Equal("[2,1,null]", await stack.Values("""{"entity_id":["7","a","nobody"]}""", "default:n"));
        Assert.Equal("""{"n":2}""", (await stack.Api.Read("/features/7")).Features);
        Assert.Equal("PushSourceNotFoundException", (await stack.Push("any", "\"entity_id\":[1]")).Error().Class);

        stack.IngestSidecarProcess.Signal("KILL");
        await stack.IngestSidecarProcess.WaitForExitAsync();
        var reply = await stack.WriteTo("default", "\"entity_id\":[\"a\"],\"n\":[3]");
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "application/problem+json"), (reply.Status, reply.ContentType));
        Assert.NotNull(reply.RetryAfter);

        stack.RestartIngestSidecar();
        await Wait.UntilAsync(async () => (await stack.WriteTo("default", "\"entity_id\":[\"a\"],\"n\":[3]")).Status == HttpStatusCode.OK, "writes to go in again");
        Assert.Equal("[3]", await stack.Values("""{"entity_id":["a"]}""", "default:n"));

        stack.ApiSidecarProcess.Signal("KILL");
        await stack.ApiSidecarProcess.WaitForExitAsync();
        await Wait.UntilAsync(
            async () => await stack.Api.Read("/health") is { Status: HttpStatusCode.ServiceUnavailable, Body: "" }, "health to be 503 with nothing in it");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await stack.Ask("""{"entities":{"entity_id":["a"]},"features":["default:n"]}""")).Status);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await stack.WriteTo("default", "\"entity_id\":[\"a\"],\"n\":[4]")).Status);
    }
}
