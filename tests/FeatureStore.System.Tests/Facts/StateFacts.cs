using System.Globalization;
using System.Net;
using FeatureStore.Harness;
using StackExchange.Redis;
using Xunit;

namespace FeatureStore.SystemTests.Facts;

/// <summary>Facts 1 to 11 of the state API on Redis: values, expiry, versions.</summary>
[Collection(FactStacks.Redis)]
public sealed class StateFacts(RedisStack shared) : RedisFacts(shared)
{
    /// <summary>What the services wrote, as a foreign hand might put it back.</summary>
    private const string ARow =
        """{"v":1,"event_timestamp":"2026-01-02T03:04:05Z","created_timestamp":"2026-01-02T03:04:06Z","features":{"x":1.0}}""";

    [Fact]
    public async Task Fact_01_numbers_keep_their_text_in_Redis_and_in_the_answer()
    {
        const string Features = """{"big":9007199254740993,"huge":1e400,"one":1.0}""";
        await Stack.Ingest.Patch("/features/fact-01", Features);
        Assert.Contains($"\"features\":{Features}", await DocumentAsync("fact-01"), StringComparison.Ordinal);
        Assert.Equal(Features, (await Stack.Api.Read("/features/fact-01")).Features);
    }

    [Fact]
    public async Task Fact_02_members_keep_their_order_and_html_characters_stay_plain()
    {
        const string Features = """{"f":{"z":"<&>","a":[{"y":1,"b":2}]}}""";
        await Stack.Ingest.Patch("/features/fact-02", Features);
        Assert.Contains($"\"features\":{Features}", await DocumentAsync("fact-02"), StringComparison.Ordinal);
        Assert.Equal(Features, (await Stack.Api.Read("/features/fact-02")).Features);
    }

    [Theory]
    [InlineData("""{"v":1,"features":{"x":1},"event_timestamp":"2026-01-02T03:04:05Z","created_timestamp":"2026-01-02T03:04:06Z"}""")]
    [InlineData("""{"v":1,"event_timestamp":"2026-01-02T03:04:05Z","features":{"x":1},"created_timestamp":"2026-01-02T03:04:06Z","expires_at":"2026-01-02T03:04:07Z"}""")]
    [InlineData("""{"features":{"x":1},"v":1,"event_timestamp":"2026-01-02T03:04:05Z","created_timestamp":"2026-01-02T03:04:06Z"}""")]
    public async Task Fact_02_a_row_whose_members_were_put_in_another_order_is_not_read_by_halves(string document)
    {
        await ForeignAsync("fact-02-order", document);
        foreach (var query in new[] { "", "?metadata=true" })
        {
            var read = await Stack.Api.Read("/features/fact-02-order" + query);
            Assert.Equal((HttpStatusCode.InternalServerError, "urn:featurestore:stored-row-unreadable"), (read.Status, read.Json.GetProperty("type").GetString()));
        }

        Assert.Equal(HttpStatusCode.InternalServerError, (await Stack.Ingest.Patch("/features/fact-02-order", """{"y":1}""")).Status);
        Assert.Equal(document, await DocumentAsync("fact-02-order"));
    }

    [Fact]
    public async Task Fact_03_an_expiry_is_known_although_Redis_tells_none()
    {
        await Stack.Ingest.Patch("/features/fact-03?view=other", """{"g":1}""");
        var write = await Stack.Ingest.Patch("/features/fact-03?ttl_seconds=3600", """{"f":1}""");
        var expected = write.Json.GetProperty("event_timestamp").GetDateTimeOffset().AddHours(1);
        var known = (await Stack.Api.Read("/features/fact-03?view=default,other&metadata=true")).Json.GetProperty("metadata");
        Assert.Equal(expected, known.GetProperty("f").GetProperty("expires_at").GetDateTimeOffset());
        Assert.Equal(System.Text.Json.JsonValueKind.Null, known.GetProperty("g").GetProperty("expires_at").ValueKind);
    }

    [Fact]
    public async Task Fact_04_a_save_without_ttl_does_not_leave_the_old_one()
    {
        await Stack.Ingest.Patch("/features/fact-04?ttl_seconds=100", """{"f":1}""");
        Assert.NotNull(await TimeToLiveAsync("fact-04"));
        await Stack.Ingest.Patch("/features/fact-04", """{"f":2}""");
        Assert.Null(await TimeToLiveAsync("fact-04"));

        await Stack.Ingest.Delete("/features/fact-04");
        Assert.NotNull(await TimeToLiveAsync("fact-04"));
    }

    [Fact]
    public async Task Fact_05_no_ttl_is_sent_that_stores_take_differently()
    {
        foreach (var wrong in new[] { "-5", "0", "abc", "", "3155760001" })
        {
            Assert.Equal(HttpStatusCode.UnprocessableEntity, (await Stack.Ingest.Patch($"/features/fact-05?ttl_seconds={wrong}", """{"f":1}""")).Status);
        }

        Assert.False(await Redis.KeyExistsAsync(KeyOf("fact-05")));

        // Expired before it was written: what would remain of its ttl is below zero.
        await Stack.Ingest.Patch("/features/fact-05-past?ttl_seconds=1&event_timestamp=2020-01-01T00:00:00Z", """{"f":1}""");
        Assert.InRange((await TimeToLiveAsync("fact-05-past"))!.Value, TimeSpan.Zero, TimeSpan.FromMinutes(1));

        // Longer than what every store can count.
        await Stack.Ingest.Patch("/features/fact-05-long?ttl_seconds=3155760000", """{"f":1}""");
        Assert.Null(await TimeToLiveAsync("fact-05-long"));
        Assert.Equal("""{"f":1}""", (await Stack.Api.Read("/features/fact-05-long")).Features);
    }

    [Fact]
    public async Task Fact_06_each_row_of_one_save_has_a_ttl_of_its_own()
    {
        await Stack.Ingest.PostLines(
            """
            {"entity_id":"fact-06-a","ttl_seconds":100,"features":{"f":1}}
            {"entity_id":"fact-06-b","ttl_seconds":10000,"features":{"f":1}}
            {"entity_id":"fact-06-c","features":{"f":1}}
            """);
        Assert.InRange((await TimeToLiveAsync("fact-06-a"))!.Value, TimeSpan.FromSeconds(100), TimeSpan.FromSeconds(210));
        Assert.InRange((await TimeToLiveAsync("fact-06-b"))!.Value, TimeSpan.FromSeconds(9900), TimeSpan.FromSeconds(13700));
        Assert.Null(await TimeToLiveAsync("fact-06-c"));
    }

    [Fact]
    public async Task Fact_08_a_deleted_row_stays_as_a_document_so_that_no_version_starts_anew()
    {
        await Stack.Ingest.Patch("/features/fact-08", """{"f":1}""");
        await Stack.Ingest.Delete("/features/fact-08");
        Assert.Equal(HttpStatusCode.NotFound, (await Stack.Api.Read("/features/fact-08")).Status);
        Assert.Equal(2, (int)await Redis.HashGetAsync(KeyOf("fact-08"), "version"));
        Assert.InRange((await TimeToLiveAsync("fact-08"))!.Value, TimeSpan.FromDays(6), TimeSpan.FromDays(8));

        await Stack.Ingest.Patch("/features/fact-08", """{"f":2}""");
        Assert.Equal(3, (int)await Redis.HashGetAsync(KeyOf("fact-08"), "version"));
    }

    [Fact]
    public async Task Fact_09_replicas_that_create_a_row_at_once_lose_nothing_to_each_other()
    {
        for (var i = 0; i < 20; i++)
        {
            var id = $"/features/fact-09-{i.ToString(CultureInfo.InvariantCulture)}";
            await Task.WhenAll(Enumerable.Range(0, 6).Select(n => AcknowledgedAsync(() => Stack.Ingests[n % 2].Patch(id, $"{{\"f{n}\":{n}}}"))));
            Assert.Equal("""{"f0":0,"f1":1,"f2":2,"f3":3,"f4":4,"f5":5}""", (await Stack.Api.Read(id)).Features);
        }
    }

    [Fact]
    public async Task Fact_10_every_document_is_saved_first_write()
    {
        await Stack.Ingest.Patch("/features/patch?view=fact_10", """{"f":1}""");
        await Stack.Ingest.Put("/features/put?view=fact_10", """{"f":1}""");
        await Stack.Ingest.Delete("/features/delete?view=fact_10");
        await Stack.Ingest.PostLines("""{"view":"fact_10","entity_id":"line","features":{"f":1}}""");
        await Stack.Publish("""{"view":"fact_10","entity_id":"event","features":{"f":1}}""");
        await Stack.Becomes("/features/event?view=fact_10", """{"f":1}""");
        foreach (var id in new[] { "patch", "put", "delete", "line", "event" })
        {
            Assert.True(await Redis.HashExistsAsync(KeyOf(id, "fact_10"), "first-write"), id);
        }

        // What was once saved without it, as by a restored backup, gets it with the next write.
        await ForeignAsync("fact-10", ARow, version: "7");
        Assert.Equal(HttpStatusCode.OK, (await Stack.Ingest.Patch("/features/fact-10", """{"y":2}""")).Status);
        Assert.Equal("""{"x":1.0,"y":2}""", (await Stack.Api.Read("/features/fact-10")).Features);
        Assert.Equal(8, (int)await Redis.HashGetAsync(KeyOf("fact-10"), "version"));
        Assert.True(await Redis.HashExistsAsync(KeyOf("fact-10"), "first-write"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("abc")]
    public async Task Fact_11_a_row_whose_version_checks_nothing_is_not_written_over_and_fails_alone(string version)
    {
        var id = "fact-11-" + version;
        await ForeignAsync(id, ARow, version);
        var lines = Enumerable.Range(0, 30).Select(i => $"{{\"entity_id\":\"{(i == 14 ? id : $"fact-11-{version}-{i}")}\",\"features\":{{\"f\":1}}}}");
        var reply = await Stack.Ingest.PostLines(string.Join('\n', lines));
        Assert.Equal("[[15,15]]", reply.Json.GetProperty("failed_lines").GetRawText());
        Assert.Equal(29, reply.Json.GetProperty("applied").GetInt32());
        Assert.Equal(ARow, await DocumentAsync(id));

        var alone = await Stack.Ingest.Patch($"/features/{id}", """{"f":1}""");
        Assert.Equal((HttpStatusCode.InternalServerError, "urn:featurestore:stored-row-unreadable"), (alone.Status, alone.Json.GetProperty("type").GetString()));

        await Stack.Publish($"{{\"entity_id\":\"{id}\",\"features\":{{\"event\":1}}}}");
        await DeadLetteredAsync($"\"{id}\"");
    }

    [Fact]
    public async Task Fact_11_a_plain_Redis_string_has_no_version_and_is_not_written_over()
    {
        await Redis.StringSetAsync(KeyOf("fact-11-string"), ARow);
        Assert.Equal(HttpStatusCode.InternalServerError, (await Stack.Ingest.Patch("/features/fact-11-string", """{"y":2}""")).Status);
        Assert.Equal(ARow, (string?)await Redis.StringGetAsync(KeyOf("fact-11-string")));
    }
}
