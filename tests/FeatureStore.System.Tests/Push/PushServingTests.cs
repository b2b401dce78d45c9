using System.Net;
using System.Text;
using FeatureStore.Harness;
using FeatureStore.SystemTests.Declared;
using Xunit;

namespace FeatureStore.SystemTests.Push;

/// <summary>Rows of push views are served from memory, and are what was written last all the same.</summary>
public sealed class PushServingTests(PushStack shared) : IClassFixture<PushStack>
{
    private FeatureStack Stack => shared.Stack;

    [Fact]
    public async Task A_change_reaches_memory_without_the_store_being_asked()
    {
        Skip();
        await HeldAsync("changed", 1);
        await Stack.Ingests[1].Patch("/features/changed?view=hot", """{"f":2,"g":"new"}""");
        await shared.ForgetAsync("hot", "changed");
        await Stack.Becomes("/features/changed?view=hot", """{"f":2,"g":"new"}""");

        // By both ways in, and in the right order: of what is not newer nothing is taken.
        await Stack.Ingest.Patch("/features/changed?view=hot&event_timestamp=2020-01-01T00:00:00Z", """{"f":0,"g":"old"}""");
        await Stack.Publish("""{"view":"hot","entity_id":"changed","event_timestamp":"2099-01-01T00:00:00Z","features":{"f":-1}}""");
        await Stack.Ingest.Patch("/features/changed?view=hot", """{"f":3}""");
        await shared.ForgetAsync("hot", "changed");
        await Stack.Becomes("/features/changed?view=hot", """{"f":3,"g":"new"}""");
        Assert.Equal("""{"f":3,"g":"new"}""", await FeaturesAsync("changed"));
    }

    [Fact]
    public async Task Absence_is_held_too_and_ends_with_the_first_row()
    {
        Skip();
        Assert.Null(await FeaturesAsync("absent"));
        await shared.Redis.HashSetAsync("featurestore||hot/absent", [new("data", Document(9)), new("version", 1)]);
        Assert.Null(await FeaturesAsync("absent"));
        await Stack.Ingest.Patch("/features/absent?view=hot", """{"g":"x"}""");
        await Stack.Becomes("/features/absent?view=hot", """{"f":9,"g":"x"}""");
    }

    [Fact]
    public async Task What_is_deleted_is_gone_from_memory_and_no_older_row_brings_it_back()
    {
        Skip();
        await HeldAsync("deleted", 1);
        await Stack.Ingest.Delete("/features/deleted?view=hot");
        await Wait.UntilAsync(async () => await FeaturesAsync("deleted") is null, "the row to be gone from memory");
        await Stack.Ingest.Patch("/features/deleted?view=hot&event_timestamp=2020-01-01T00:00:00Z", """{"f":7}""");
        await Stack.Ingest.Patch("/features/deleted-after?view=hot", """{"f":1}""");
        await Stack.Becomes("/features/deleted-after?view=hot", """{"f":1}""");
        Assert.Null(await FeaturesAsync("deleted"));
    }

    [Fact]
    public async Task A_value_in_memory_expires_to_the_moment()
    {
        Skip();
        await Stack.Ingest.Patch("/features/expiring?view=short", """{"f":1}""");
        Assert.Equal("""{"f":1}""", (await Stack.Api.Read("/features/expiring?view=short")).Features);
        await Wait.UntilAsync(async () => (await Stack.Api.Read("/features/expiring?view=short")).Status == HttpStatusCode.NotFound, "the value to expire in memory");
        var known = (await Stack.Api.Read("/features/expiring?view=short&metadata=true")).Json.GetProperty("metadata").GetProperty("f");
        Assert.Equal("OUTSIDE_MAX_AGE", known.GetProperty("status").GetString());
    }

    [Fact]
    public async Task A_query_and_Feasts_form_of_it_are_answered_from_memory_too()
    {
        Skip();
        await HeldAsync("queried", 5);
        await Stack.Ingest.Patch("/features/queried?view=cold", """{"f":6}""");
        await shared.ForgetAsync("hot", "queried");
        var query = await Stack.Api.Query("""{"service":"model","entities":[{"id":"queried"},{"id":"queried"},{"id":"nobody"}]}""");
        Assert.Equal(["5", "6"], query.Row(0));
        Assert.Equal(["5", "6"], query.Row(1));
        Assert.Equal(["NOT_FOUND", "NOT_FOUND"], query.Row(2, "statuses"));
        var feast = await Stack.Api.Send(HttpMethod.Post, "/get-online-features", """{"features":["hot:f"],"entities":{"id":["queried"]}}""");
        Assert.Equal(5, feast.Json.GetProperty("results")[1].GetProperty("values")[0].GetInt64());
        Assert.Equal("""{"hot__f":5,"cold__f":6}""", (await Stack.Api.Read("/features/queried?service=model")).Features);
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("a.b~c-d_e")]
    [InlineData("with%20blank")]
    [InlineData("a%2Fb")]
    [InlineData("%C3%A9")]
    [InlineData("q%22uote")]
    [InlineData("%70ercent")]
    [InlineData("..%2F")]
    public async Task The_shortest_way_answers_as_the_ordinary_one_does(string id)
    {
        Skip();
        await Stack.Ingest.Patch($"/features/{id}?view=hot", """{"f":1,"g":"\"é\u0000"}""");
        await Stack.Becomes($"/features/{id}?view=hot", """{"f":1,"g":"\"é\u0000"}""");

        // What says the same in another form goes the ordinary way.
        foreach (var other in new[] { $"/features/{id}?view=hot&metadata=false", $"/features?entity_id={id}&view=hot" })
        {
            var (shortest, ordinary) = (await AnswerAsync($"/features/{id}?view=hot"), await AnswerAsync(other));
            Assert.Equal(ordinary, shortest);
        }
    }

    [Theory]
    [InlineData("?view=hot&view=hot")]
    [InlineData("?view=hott")]
    [InlineData("?view=hot&feature=f")]
    [InlineData("?view=hot&nothing=1")]
    [InlineData("?view=hot@1")]
    [InlineData("?view=")]
    [InlineData("?View=hot")]
    public async Task What_is_asked_in_an_unusual_way_is_answered_as_ever(string query)
    {
        Skip();
        await HeldAsync("unusual", 1);
        var asked = await Stack.Api.Read($"/features/unusual{query}");
        var elsewhere = await Stack.Api.Read($"/features{query}&entity_id=unusual");
        Assert.Equal((elsewhere.Status, elsewhere.Body), (asked.Status, asked.Body));
    }

    [Fact]
    public async Task An_event_that_is_lost_has_rows_read_anew()
    {
        Skip();
        await HeldAsync("lost", 1);
        await shared.Redis.HashSetAsync("featurestore||hot/lost", "data", Document(2));
        Assert.Equal("""{"f":1}""", await FeaturesAsync("lost"));

        // Of this writer number 2 never comes.
        await TellAsync("""{"v":1,"writer":"lossy","sequence":1,"rows":[]}""");
        await TellAsync("""{"v":1,"writer":"lossy","sequence":3}""");
        await Stack.Becomes("/features/lost?view=hot", """{"f":2}""");
        Assert.Contains("events of a writer are missing", Stack.Logs, StringComparison.Ordinal);
        await shared.BeginsToHoldAsync();
    }

    [Fact]
    public async Task An_event_that_cannot_be_read_has_rows_read_anew()
    {
        Skip();
        await HeldAsync("unreadable", 1);
        await shared.Redis.HashSetAsync("featurestore||hot/unreadable", "data", Document(2));
        await TellAsync("""{"v":99,"writer":"of tomorrow"}""");
        await Stack.Becomes("/features/unreadable?view=hot", """{"f":2}""");
    }

    [Fact]
    public async Task An_event_that_cannot_be_read_does_not_keep_those_beside_it_from_being_taken()
    {
        Skip();
        string[] events = ["""{"v":1,"writer":"odd","sequence":1,"rows":[["k"]]}""", """{"v":1,"writer":"odd","sequence":2,"rows":[[null,0]]}""", """{"v":1,"writer":"odd","sequence":3}""", "no header"];
        var entries = events.Select((text, i) => $"{{\"entryId\":\"{i}\",\"event\":\"{Convert.ToBase64String(Encoding.UTF8.GetBytes(text + (i < 3 ? "\n" : "")))}\"}}");
        var reply = await Stack.Api.Send(HttpMethod.Post, "/events/feature-changes", $"{{\"entries\":[{string.Join(',', entries)}]}}");
        Assert.Equal(HttpStatusCode.OK, reply.Status);
        Assert.Equal(["SUCCESS", "SUCCESS", "SUCCESS", "SUCCESS"], reply.Json.GetProperty("statuses").EnumerateArray().Select(status => status.GetProperty("status").GetString()!));
    }

    [Fact]
    public async Task What_the_store_has_forgotten_memory_forgets_too()
    {
        Skip();
        await Stack.Ingest.Patch("/features/forgotten?view=fleeting", """{"f":1}""");
        async Task<string> StatusAsync() => (await Stack.Api.Query("""{"features":["fleeting:f"],"entities":[{"id":"forgotten"}]}""")).Row(0, "statuses")[0];
        Assert.Equal("PRESENT", await StatusAsync());
        await Wait.UntilAsync(async () => await StatusAsync() == "NOT_FOUND", "the row to be forgotten");
    }

    [Fact]
    public async Task A_view_that_is_no_longer_pushed_is_read_from_the_store_and_held_again_once_it_is()
    {
        Skip();
        await HeldAsync("turned", 1);
        await Stack.Declare(PushStack.Registry.Replace("\"hot\":{\"entity\":\"thing\",\"serving\":\"push\"", "\"hot\":{\"entity\":\"thing\",\"serving\":\"pull\"", StringComparison.Ordinal));
        await shared.Redis.HashSetAsync("featurestore||hot/turned", "data", Document(2));
        Assert.Equal("""{"f":2}""", await FeaturesAsync("turned"));
        await Stack.Ingest.Patch("/features/turned?view=hot", """{"f":3}""");
        Assert.Equal("""{"f":3}""", await FeaturesAsync("turned"));

        await Stack.Declare(PushStack.Registry);
        await shared.BeginsToHoldAsync();
        Assert.Equal("""{"f":3}""", await FeaturesAsync("turned"));
    }

    private void Skip() => Assert.SkipWhen(shared.SkipReason is not null, shared.SkipReason ?? "");

    /// <summary>Has a row held in memory.</summary>
    private async Task HeldAsync(string id, int value)
    {
        await Stack.Ingest.Patch($"/features/{id}?view=hot", $$"""{"f":{{value}}}""");
        await Stack.Becomes($"/features/{id}?view=hot", $$"""{"f":{{value}}}""");
    }

    private async Task<string?> FeaturesAsync(string id)
    {
        var reply = await Stack.Api.Read($"/features/{id}?view=hot");
        return reply.Status == HttpStatusCode.NotFound ? null : reply.Features;
    }

    private async Task<(HttpStatusCode, string, string?, string)> AnswerAsync(string target)
    {
        var uri = new Uri(Stack.Api.BaseAddress + target.TrimStart('/'), new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
        using var reply = await Stack.Api.GetAsync(uri, TestContext.Current.CancellationToken);
        return (reply.StatusCode, await reply.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), reply.Content.Headers.ContentType?.ToString(),
            string.Join(',', reply.Headers.GetValues("Registry-Version")));
    }

    private Task TellAsync(string header) =>
        shared.Redis.StreamAddAsync("feature-changes", "data", Encoding.UTF8.GetBytes(header + "\n"));

    /// <summary>A row as the store has it, newer than what was written until now.</summary>
    private static byte[] Document(int value) => Encoding.UTF8.GetBytes(
        $$$"""{"v":1,"event_timestamp":"{{{DateTime.UtcNow.AddSeconds(2):yyyy-MM-dd'T'HH:mm:ss'Z'}}}","created_timestamp":"2026-11-23T10:00:00Z","features":{"f":{{{value}}}}}""");
}
