using System.Net;
using System.Text;
using System.Text.Json;
using FeatureStore.Dapr;
using FeatureStore.Harness;
using StackExchange.Redis;
using Xunit;

namespace FeatureStore.SystemTests;

/// <summary>Events that can never succeed, from the topic to the person who mends them.</summary>
public sealed class DeadLetterTests : IClassFixture<RedisStack>
{
    private const string InvalidRow = """{"entity_id":"","features":{"f":1}}""";

    private readonly FeatureStack _stack;
    private readonly RedisServer _redis;

    public DeadLetterTests(RedisStack shared)
    {
        Assert.SkipWhen(shared.SkipReason is not null, shared.SkipReason ?? "");
        (_stack, _redis) = (shared.Stack, shared.Redis);
    }

    [Fact]
    public async Task An_event_that_can_never_succeed_is_kept_with_its_reason_and_its_other_rows_are_stored()
    {
        var mark = "kept-" + Guid.NewGuid();
        await _stack.Publish($$$"""[{"entity_id":"{{{mark}}}","features":{"f":1}},{{{InvalidRow}}}]""");

        var letter = await LetterAsync(mark);
        Assert.Equal(["An entity id must not be empty."], Reasons(letter));
        Assert.Contains(InvalidRow, letter.GetProperty("event").GetString());
        await _stack.Becomes($"/features/{mark}", """{"f":1}""");

        var number = letter.GetProperty("number").GetInt64();
        var whole = await _stack.Ingest.Read($"/dead-letters/{number}");
        Assert.Equal(letter.GetProperty("event").GetString(), whole.Json.GetProperty("event").GetString());

        // A document of the state store that a person finds, gone by itself some day.
        await using var redis = await _redis.ConnectAsync();
        var key = $"featurestore||$dead-letters/{number}";
        Assert.Contains(mark, (await redis.GetDatabase().HashGetAsync(key, "data")).ToString());
        Assert.NotNull(await redis.GetDatabase().KeyTimeToLiveAsync(key));
    }

    [Fact]
    public async Task The_reason_is_the_one_for_which_the_event_was_dropped_even_if_it_would_read_well_by_itself()
    {
        var id = "grows-" + Guid.NewGuid();
        string Large(char c) => $$$"""{"entity_id":"{{{id}}}","features":{"{{{c}}}":"{{{new string(c, 600_000)}}}"}}""";
        await _stack.Publish(Large('a'));
        await Wait.UntilAsync(async () => (await _stack.Api.Read($"/features/{id}")).Status == HttpStatusCode.OK, "the first half");
        await _stack.Publish(Large('b'));

        var letter = await LetterAsync(id);
        Assert.Contains("larger than 1048576 bytes", Assert.Single(Reasons(letter)));
        Assert.True(letter.GetProperty("is_truncated").GetBoolean(), "a list shows the beginning of a large event");

        var number = letter.GetProperty("number").GetInt64();
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await RetryAsync(number)).Status);
        Assert.Equal(HttpStatusCode.OK, (await _stack.Ingest.Delete($"/features/{id}?feature=a")).Status);
        Assert.Equal(HttpStatusCode.OK, (await RetryAsync(number)).Status);
        Assert.Equal(600_000 + 8, (await _stack.Api.Read($"/features/{id}")).Features.Length);
    }

    [Fact]
    public async Task Of_one_delivery_just_the_events_that_outgrow_their_row_are_dead_lettered_be_it_at_the_second_attempt()
    {
        var mark = "outgrows-" + Guid.NewGuid();
        string Row(string id, int part, int size) =>
            $$$"""{"entity_id":"{{{mark}}}-{{{id}}}","event_timestamp":"2026-01-02T03:04:0{{{part}}}Z","features":{"p{{{part}}}":"{{{new string('x', size)}}}"}}""";
        // The second part of a row finds no room left by the first that is written with it, which may be otherwise the next time.
        var events = Enumerable.Range(0, 12).SelectMany(i => new[] { Row($"{i}", 1, 50), Row($"large-{i}", 1, 600_000), Row($"{i}", 2, 50), Row($"large-{i}", 2, 600_000) });
        using var connection = new SidecarConnection(new SidecarOptions { GrpcEndpoint = _stack.IngestSidecarGrpc, ApiToken = _stack.ApiToken, PublishTimeout = TimeSpan.FromSeconds(30) });
        await new EventPublisher(connection, TimeProvider.System).PublishAsync(
            "pubsub", "feature-updates", [.. events.Select(text => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(text))], TestContext.Current.CancellationToken);

        for (var i = 0; i < 12; i++)
        {
            await _stack.Becomes($"/features/{mark}-{i}", $"{{\"p1\":\"{new string('x', 50)}\",\"p2\":\"{new string('x', 50)}\"}}");
            await LetterAsync($"{mark}-large-{i}\"");
            // The letter does not wait for the row beside it.
            await Wait.UntilAsync(async () => (await _stack.Api.Read($"/features/{mark}-large-{i}")).Status == HttpStatusCode.OK, $"large-{i}");
            var stored = (await _stack.Api.Read($"/features/{mark}-large-{i}")).Json.GetProperty("features").EnumerateObject().Single().Name;
            Assert.All(await LettersAsync($"{mark}-large-{i}\""), letter => Assert.DoesNotContain($"\"{stored}\"", letter.GetProperty("event").GetString()));
        }

        Assert.All(await LettersAsync(mark), letter => Assert.Contains("-large-", letter.GetProperty("event").GetString()));
    }

    [Fact]
    public async Task A_retried_event_is_gone_once_its_rows_are_stored_and_never_beats_what_came_after_it()
    {
        var id = "retried-" + Guid.NewGuid();
        // Bare, without a time: as a foreign producer may put it into the broker.
        await using var redis = await _redis.ConnectAsync();
        await redis.GetDatabase().HashSetAsync($"featurestore||default/{id}", [new HashEntry("data", "no row"), new HashEntry("version", 1)]);
        await redis.GetDatabase().StreamAddAsync("feature-updates", "data", $$$"""{"entity_id":"{{{id}}}","features":{"f":"old","g":1}}""");
        var number = (await LetterAsync(id)).GetProperty("number").GetInt64();
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await RetryAsync(number)).Status);

        await redis.GetDatabase().KeyDeleteAsync($"featurestore||default/{id}");
        await _stack.Ingest.Patch($"/features/{id}", """{"f":"new"}""");
        var retried = await RetryAsync(number);
        Assert.Equal((HttpStatusCode.OK, 1), (retried.Status, retried.Json.GetProperty("applied").GetInt32()));
        Assert.Equal("""{"f":"new","g":1}""", (await _stack.Api.Read($"/features/{id}")).Features);
        Assert.Equal(HttpStatusCode.NotFound, (await RetryAsync(number)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await _stack.Ingest.Read($"/dead-letters/{number}")).Status);
    }

    [Fact]
    public async Task Bytes_that_are_no_text_are_kept_as_they_were_and_a_dropped_letter_is_gone()
    {
        byte[] bytes = [0, 1, 0xFF, .. Encoding.UTF8.GetBytes("binary-" + Guid.NewGuid())];
        await using var redis = await _redis.ConnectAsync();
        await redis.GetDatabase().StreamAddAsync("feature-updates", "data", bytes);

        var letter = await LetterAsync(Convert.ToBase64String(bytes), "event_base64");
        Assert.Equal(["The event is not valid UTF-8."], Reasons(letter));
        var path = $"/dead-letters/{letter.GetProperty("number").GetInt64()}";
        Assert.Equal(HttpStatusCode.NoContent, (await _stack.Ingest.Delete(path)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await _stack.Ingest.Delete(path)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await _stack.Ingest.Read(path)).Status);
    }

    [Fact]
    public async Task Hundreds_of_bad_events_through_two_replicas_are_numbered_each_once()
    {
        var mark = "many-" + Guid.NewGuid();
        await Parallel.ForAsync(0, 300, TestContext.Current.CancellationToken, async (i, _) =>
            await _stack.Publish($$$"""{"entity_id":"","features":{"{{{mark}}}":{{{i}}}}}"""));

        List<JsonElement> letters = [];
        await Wait.UntilAsync(
            async () => (letters = await LettersAsync(mark)).Select(letter => letter.GetProperty("event_id").GetString()).Distinct().Count() == 300,
            "300 dead letters");
        Assert.Equal(letters.Count, letters.Select(letter => letter.GetProperty("number").GetInt64()).Distinct().Count());

        // And the events behind them come through.
        await _stack.Publish($$$"""{"entity_id":"{{{mark}}}","features":{"f":1}}""");
        await _stack.Becomes($"/features/{mark}", """{"f":1}""");
    }

    [Theory]
    [InlineData("{\"\\ud800\":1,\"mark\":\"MARK\"}", false)]
    [InlineData("{\"specversion\":\"1.0\",\"id\":\"MARK\",\"\\ud800\":1,\"data\":{}}", false)]
    [InlineData("{\"specversion\":\"1.0\",\"id\":\"MARK\",\"data\":\"{\\\"\\\\ud800\\\":1}\"}", true)]
    [InlineData("[{\"entity_id\":\"MARK\",\"features\":{\"\\ud800\":1}}]", false)]
    [InlineData("{\"entity_id\":\"MARK\",\"features\":{\"f\":{\"\\ud800\":1,\"\\ud800\":2}}}", false)]
    public async Task Half_a_character_anywhere_holds_up_no_other_event(string text, bool isTextData)
    {
        var mark = $"half-{isTextData}-" + Guid.NewGuid();
        await using var redis = await _redis.ConnectAsync();
        await redis.GetDatabase().StreamAddAsync("feature-updates", "data", text.Replace("MARK", mark, StringComparison.Ordinal));
        await _stack.Publish($$"""{"entity_id":"after-{{mark}}","features":{"f":1} }""");

        await _stack.Becomes($"/features/after-{mark}", """{"f":1}""");
        Assert.NotEmpty(Reasons(await LetterAsync(mark)));
    }

    [Fact]
    public async Task An_id_without_end_is_cut()
    {
        var mark = "long-" + Guid.NewGuid();
        await using var redis = await _redis.ConnectAsync();
        await redis.GetDatabase().StreamAddAsync(
            "feature-updates", "data", $$$"""{"specversion":"1.0","id":"{{{mark}}}{{{new string('x', 3_000_000)}}}","data":{{{InvalidRow}}}}""");

        var letter = await LetterAsync(mark);
        Assert.Equal(256, letter.GetProperty("event_id").GetString()!.Length);
        var whole = (await _stack.Ingest.Read($"/dead-letters/{letter.GetProperty("number").GetInt64()}")).Json;
        Assert.True(whole.GetProperty("is_truncated").GetBoolean());
        Assert.Equal(1024 * 1024, whole.GetProperty("event").GetString()!.Length);
        var retried = await RetryAsync(letter.GetProperty("number").GetInt64());
        Assert.Equal(HttpStatusCode.UnprocessableEntity, retried.Status);
        Assert.Contains("publish it again", retried.Body);
    }

    [Fact]
    public async Task Removed_letters_leave_the_list_and_their_numbers_are_not_given_again()
    {
        var mark = "removed-" + Guid.NewGuid();
        await _stack.Publish($$"""{"entity_id":"","features":{"{{mark}}":1} }""");
        var number = (await LetterAsync(mark)).GetProperty("number").GetInt64();
        foreach (var letter in await LettersAsync(""))
        {
            await _stack.Ingest.Delete($"/dead-letters/{letter.GetProperty("number").GetInt64()}");
        }

        Assert.Empty(await LettersAsync(mark));
        await _stack.Publish($$"""{"entity_id":"","features":{"{{mark}}":2} }""");
        Assert.True((await LetterAsync(mark)).GetProperty("number").GetInt64() > number);
    }

    [Theory]
    [InlineData("?after=-1")]
    [InlineData("?limit=0")]
    [InlineData("?limit=1001")]
    [InlineData("?limit=many")]
    [InlineData("/first")]
    public async Task A_list_that_makes_no_sense_is_refused(string target) =>
        Assert.Contains((await _stack.Ingest.Read("/dead-letters" + target)).Status, new[] { HttpStatusCode.BadRequest, HttpStatusCode.NotFound });

    private static string[] Reasons(JsonElement letter) => [.. letter.GetProperty("reasons").EnumerateArray().Select(reason => reason.GetString()!)];

    private Task<Reply> RetryAsync(long number) => _stack.Ingest.Send(HttpMethod.Post, $"/dead-letters/{number}/retry", null);

    private async Task<JsonElement> LetterAsync(string mark, string member = "event")
    {
        List<JsonElement> letters = [];
        await Wait.UntilAsync(async () => (letters = await LettersAsync(mark, member)).Count > 0, $"the dead letter of {mark}");
        return letters[0];
    }

    private async Task<List<JsonElement>> LettersAsync(string mark, string member = "event")
    {
        var letters = new List<JsonElement>();
        for (long? after = 0; after is not null;)
        {
            var page = (await _stack.Ingest.Read($"/dead-letters?limit=100&after={after}")).Json;
            letters.AddRange(page.GetProperty("dead_letters").EnumerateArray()
                .Where(letter => letter.TryGetProperty(member, out var text) && text.GetString()!.Contains(mark, StringComparison.Ordinal)));
            after = page.GetProperty("after") is { ValueKind: JsonValueKind.Number } more ? more.GetInt64() : null;
        }

        return letters;
    }
}
