using System.Net;
using FeatureStore.Harness;
using Xunit;

namespace FeatureStore.SystemTests.Facts;

/// <summary>Facts of the state API in which SQLite differs from Redis.</summary>
[Collection(FactStacks.Sqlite)]
public sealed class SqliteStateFacts(SqliteStack shared)
{
    private readonly FeatureStack _stack = shared.Stack;

    [Fact]
    public async Task Fact_05_a_row_that_expired_before_it_was_written_is_no_failure()
    {
        var write = await _stack.Ingest.Patch("/features/fact-05?ttl_seconds=1&event_timestamp=2020-01-01T00:00:00Z", """{"f":1}""");
        Assert.Equal(HttpStatusCode.OK, write.Status);
        Assert.Equal(HttpStatusCode.NotFound, (await _stack.Api.Read("/features/fact-05")).Status);
    }

    [Fact]
    public async Task Fact_15_rows_are_told_apart_by_key_and_not_by_the_order_of_the_reply()
    {
        foreach (var view in new[] { "z", "m", "a" })
        {
            await _stack.Ingest.Patch($"/features/fact-15?view={view}", $"{{\"of\":\"{view}\"}}");
        }

        // SQLite answers with the present rows sorted, then the absent ones, and knows no duplicates.
        var read = await _stack.Api.Read("/features/fact-15?view=z,absent,m,none,a,z");
        Assert.Equal("""{"z__of":"z","m__of":"m","a__of":"a"}""", read.Features);

        var ids = Enumerable.Range(0, 60).Select(i => i % 3 == 0 ? "fact-15-absent" : $"fact-15-{i % 7}").ToArray();
        await Task.WhenAll(ids.Distinct().Where(id => id != "fact-15-absent").Select(id => _stack.Ingest.Patch($"/features/{id}", $"{{\"id\":\"{id}\"}}")));
        var reads = await Task.WhenAll(ids.Select(id => _stack.Api.Read($"/features/{id}")));
        for (var i = 0; i < ids.Length; i++)
        {
            Assert.Equal(ids[i] == "fact-15-absent" ? HttpStatusCode.NotFound : HttpStatusCode.OK, reads[i].Status);
            Assert.True(reads[i].Status == HttpStatusCode.NotFound || reads[i].Features == $"{{\"id\":\"{ids[i]}\"}}", reads[i].Body);
        }
    }

    [Fact]
    public async Task Fact_17_a_row_put_back_by_HTTP_is_another_text_and_is_refused_whole()
    {
        await _stack.Ingest.Patch("/features/fact-17?event_timestamp=2026-01-02T03:04:05Z&created_timestamp=2026-01-02T03:04:06Z", """{"a":"<&>","x":1}""");
        var saved = await _stack.IngestSidecar.Read("/v1.0/state/statestore/default%2Ffact-17");
        Assert.Equal(
            """{"v":1,"event_timestamp":"2026-01-02T03:04:05Z","created_timestamp":"2026-01-02T03:04:06Z","features":{"a":"<&>","x":1}}""",
            saved.Body);

        // A value saved by gRPC lies there as base64, one saved by HTTP as JSON with its members sorted and its numbers rounded.
        var copied = await _stack.IngestSidecar.Send(HttpMethod.Post, "/v1.0/state/statestore", $"[{{\"key\":\"default/fact-17-copy\",\"value\":{saved.Body}}}]");
        Assert.Equal(HttpStatusCode.NoContent, copied.Status);
        var read = await _stack.Api.Read("/features/fact-17-copy");
        Assert.Equal((HttpStatusCode.InternalServerError, "urn:featurestore:stored-row-unreadable"), (read.Status, read.Json.GetProperty("type").GetString()));
        Assert.Equal(HttpStatusCode.InternalServerError, (await _stack.Ingest.Patch("/features/fact-17-copy", """{"y":2}""")).Status);
    }
}
