using System.Net;
using FeatureStore.Harness;
using StackExchange.Redis;
using Xunit;

namespace FeatureStore.SystemTests.Facts;

/// <summary>Facts 12 to 21 of the state API on Redis: batches, absence, foreign values, sizes.</summary>
[Collection(FactStacks.Redis)]
public sealed class StateBatchFacts(RedisStack shared) : RedisFacts(shared)
{
    [Fact]
    public async Task Fact_12_a_bulk_save_that_was_written_in_part_loses_no_row()
    {
        // Both replicas save the same rows in bulk, so that their versions are stale among others that are not.
        for (var round = 0; round < 5; round++)
        {
            var replies = await Task.WhenAll(Enumerable.Range(0, 4).Select(writer => AcknowledgedAsync(() => Stack.Ingests[writer % 2].PostLines(
                string.Join('\n', Enumerable.Range(0, 60).Select(i => $"{{\"entity_id\":\"fact-12-{i}\",\"features\":{{\"w{writer}\":{round}}}}}"))))));
            Assert.All(replies, reply => Assert.Equal(60, reply.Json.GetProperty("applied").GetInt32()));
            for (var i = 0; i < 60; i++)
            {
                Assert.Equal($"{{\"w0\":{round},\"w1\":{round},\"w2\":{round},\"w3\":{round}}}", (await Stack.Api.Read($"/features/fact-12-{i}")).Features);
            }
        }
    }

    [Fact]
    public async Task Fact_14_an_absent_row_is_none_and_an_empty_document_is_not_taken_for_one()
    {
        await Stack.Ingest.Patch("/features/fact-14?view=there", """{"f":1}""");
        Assert.Equal("""{"f":1}""", (await Stack.Api.Read("/features/fact-14?view=absent,there")).Features);
        Assert.Equal(HttpStatusCode.NotFound, (await Stack.Api.Read("/features/fact-14")).Status);

        await ForeignAsync("fact-14-empty", "");
        Assert.Equal(HttpStatusCode.InternalServerError, (await Stack.Api.Read("/features/fact-14-empty")).Status);
        Assert.Equal(HttpStatusCode.InternalServerError, (await Stack.Ingest.Patch("/features/fact-14-empty", """{"f":1}""")).Status);
        Assert.Equal("", await DocumentAsync("fact-14-empty"));
    }

    [Fact]
    public async Task Fact_16_a_value_that_is_no_row_fails_its_own_row_and_not_the_batch()
    {
        await ForeignAsync("fact-16-text", "no JSON");
        await ForeignAsync("fact-16-json", """{"temp":1}""");
        await ForeignAsync("fact-16-bytes", "\0\u0001\u00ff");
        await Redis.HashSetAsync(KeyOf("fact-16-hash"), [new("temp", "1")]);
        await Redis.ListLeftPushAsync(KeyOf("fact-16-list"), "1");
        string[] foreign = ["fact-16-text", "fact-16-json", "fact-16-bytes", "fact-16-hash", "fact-16-list"];

        var lines = Enumerable.Range(0, 20).SelectMany(i => i < foreign.Length ? [foreign[i], $"fact-16-{i}"] : new[] { $"fact-16-{i}" })
            .Select(id => $"{{\"entity_id\":\"{id}\",\"features\":{{\"f\":1}}}}");
        var reply = await Stack.Ingest.PostLines(string.Join('\n', lines));
        Assert.Equal("[[1,1],[3,3],[5,5],[7,7],[9,9]]", reply.Json.GetProperty("failed_lines").GetRawText());
        Assert.Equal(20, reply.Json.GetProperty("applied").GetInt32());

        var reads = await Task.WhenAll(foreign.Concat(["fact-16-1", "fact-16-19"]).Select(id => Stack.Api.Read($"/features/{id}")));
        Assert.All(reads[..^2], read => Assert.Equal(
            (HttpStatusCode.InternalServerError, "urn:featurestore:stored-row-unreadable"), (read.Status, read.Json.GetProperty("type").GetString())));
        Assert.All(reads[^2..], read => Assert.Equal("""{"f":1}""", read.Features));
        Assert.Equal("no JSON", await DocumentAsync("fact-16-text"));
        Assert.Equal("1", (string?)await Redis.HashGetAsync(KeyOf("fact-16-hash"), "temp"));
    }

    [Fact]
    public async Task Fact_16_an_event_for_a_row_that_Dapr_cannot_read_holds_up_no_other()
    {
        await Redis.HashSetAsync(KeyOf("fact-16-alien"), [new("temp", "1")]);
        await Stack.Publish("""[{"entity_id":"fact-16-alien","features":{"f":1}},{"entity_id":"fact-16-beside","features":{"f":1}}]""");
        await Stack.Publish("""{"entity_id":"fact-16-behind","features":{"f":1}}""");
        await Stack.Becomes("/features/fact-16-beside", """{"f":1}""");
        await Stack.Becomes("/features/fact-16-behind", """{"f":1}""");
        await DeadLetteredAsync("fact-16-alien");
    }

    [Fact]
    public async Task Fact_19_what_is_more_than_4_MiB_together_goes_in_and_comes_out_in_parts()
    {
        var text = new string('x', 900 * 1024);
        string[] views = ["a", "b", "c", "d", "e", "f", "g", "h"];
        var reply = await Stack.Ingest.PostLines(string.Join(
            '\n', views.Select(view => $"{{\"view\":\"{view}\",\"entity_id\":\"fact-19\",\"features\":{{\"{view}\":\"{text}\"}}}}")));
        Assert.Equal((HttpStatusCode.OK, 8), (reply.Status, reply.Json.GetProperty("applied").GetInt32()));

        var read = await Stack.Api.Read($"/features/fact-19?view={string.Join(',', views)}");
        Assert.Equal(HttpStatusCode.OK, read.Status);
        Assert.Equal("{" + string.Join(',', views.Select(view => $"\"{view}\":\"{text}\"")) + "}", read.Features);

        var alone = await Stack.Ingest.Patch("/features/fact-19", $"{{\"f\":\"{text}{text}\"}}");
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, alone.Status);
        Assert.Equal(HttpStatusCode.NotFound, (await Stack.Api.Read("/features/fact-19")).Status);
    }

    [Fact]
    public async Task Fact_21_deleting_what_is_absent_keeps_older_writes_out()
    {
        Assert.Equal(HttpStatusCode.OK, (await Stack.Ingest.Delete("/features/fact-21")).Status);
        var late = await Stack.Ingest.Patch("/features/fact-21?event_timestamp=2020-01-01T00:00:00Z", """{"f":1}""");
        Assert.Equal("superseded", late.Json.GetProperty("outcome").GetString());
        Assert.Equal(HttpStatusCode.NotFound, (await Stack.Api.Read("/features/fact-21")).Status);
        Assert.True(await Redis.KeyExistsAsync(KeyOf("fact-21")));
    }
}
