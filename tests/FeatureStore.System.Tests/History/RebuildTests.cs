using System.Globalization;
using System.Net;
using FeatureStore.Harness;
using FeatureStore.SystemTests.Declared;
using Xunit;

namespace FeatureStore.SystemTests.History;

/// <summary>An online store that is made anew from history answers as the one before it.</summary>
public sealed class RebuildTests(HistoryStack shared, SqliteStack other) : IClassFixture<HistoryStack>, IClassFixture<SqliteStack>
{
    private static readonly string[] Ids = ["plain", "with space", "a/b", "ü", "100%"];

    private FeatureStack Stack => shared.Stack;

    [Fact]
    public async Task Every_read_is_answered_as_before()
    {
        await Stack.Declare(HistoryStack.Registry);
        await other.Stack.Declare(HistoryStack.Registry);
        var random = new Random(7);
        var targets = new List<string>();
        for (var i = 0; i < 25; i++)
        {
            var id = Uri.EscapeDataString($"{Ids[i % Ids.Length]}{i}");
            targets.AddRange([$"/features/{id}?view=lasting", $"/features/{id}?view=brief", $"/features/{id}?view=open_view", $"/features?entity_id={id}&entity_id={i - 3}&view=pairs"]);
        }

        var rows = new Dictionary<string, int>();
        foreach (var target in targets)
        {
            for (var write = random.Next(1, 6); write > 0; write--)
            {
                var view = target[(target.LastIndexOf('=') + 1)..];
                var (method, query, body) = Write(view, random);
                var reply = await Stack.Ingest.Send(method, target + query, body);
                Assert.True(reply.Status == HttpStatusCode.OK, $"{body} {reply.Body}");
                rows[view] = rows.GetValueOrDefault(view) + 1;
            }
        }

        foreach (var (view, count) in rows)
        {
            await shared.Holds(view, count);
            var lines = await Stack.History.Read($"/rows?view={view}");
            var taken = await other.Stack.Ingest.Send(HttpMethod.Post, "/features?to=online&from=history", lines.Body, "application/x-ndjson");
            Assert.True(taken.Status == HttpStatusCode.OK, taken.Body);
            Assert.Equal(lines.Body.Count(letter => letter == '\n'), taken.Json.GetProperty("applied").GetInt32() + taken.Json.GetProperty("superseded").GetInt32());
        }

        foreach (var target in targets)
        {
            var (before, after) = (await Stack.Api.Read(target), await other.Stack.Api.Read(target));
            Assert.Equal((target, before.Status, before.Body), (target, after.Status, after.Body));
            Assert.Equal(await StatusesAsync(Stack, target), await StatusesAsync(other.Stack, target));
        }

        // A value of several lines is one line for whoever reads rows, and what is only written online keeps to its view's ttl.
        await Stack.Ingest.Patch("/features/lines?view=open_view", "{\"deep\":{\n \"x\": [1,\r\n2]}}");
        Assert.Equal(HttpStatusCode.OK, (await Stack.Ingest.Send(HttpMethod.Post, "/features?to=online", """{"view":"brief","entity_id":"lines","event_timestamp":"2026-01-01T00:00:00Z","features":{"d":1}}""", "application/x-ndjson")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await Stack.Api.Read("/features/lines?view=brief")).Status);
        await Wait.UntilAsync(async () => (await HistoryCalls.Rows(shared.Folder, "open_view", "*", "_entity_id = 'lines'")).Count == 1, "a value of several lines to be in history");
        Assert.Contains("{\"deep\":{  \"x\": [1,  2]}}", (await Stack.History.Read("/rows?view=open_view")).Body, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.BadRequest, (await Stack.Ingest.Send(HttpMethod.Post, "/features?from=history", "", "application/x-ndjson")).Status);

        // Going on from where one stopped gives the rest.
        var all = (await Stack.History.Read("/rows?view=pairs")).Body.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var rest = (await Stack.History.Read("/rows?view=pairs&after=plain10%2F7")).Body.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.NotEmpty(rest);
        Assert.Equal(rest, all[^rest.Length..]);
        Assert.Contains("\"keys\":[\"plain10\",\"7\"]", all[^(rest.Length + 1)], StringComparison.Ordinal);
    }

    private static async Task<string> StatusesAsync(FeatureStack stack, string target)
    {
        var reply = await stack.Api.Read(target + "&metadata=true");
        return reply.Status == HttpStatusCode.NotFound ? "404" : string.Join('\n', reply.Json.GetProperty("metadata").EnumerateObject().Select(feature =>
            $"{feature.Name}: {string.Join(' ', feature.Value.EnumerateObject().Where(member => member.Name is "status" or "event_timestamp" or "expires_at").Select(member => member.Value.ToString()))}"));
    }

    private static (HttpMethod Method, string Query, string? Body) Write(string view, Random random)
    {
        var query = random.Next(2) == 0 ? "" : $"&event_timestamp={(DateTimeOffset.UtcNow - TimeSpan.FromSeconds(random.Next(60))).Text()}";
        var op = random.Next(12);
        if (op == 0)
        {
            return (HttpMethod.Delete, query, null);
        }

        if (view == "brief" || random.Next(3) == 0)
        {
            // Long enough not to end while it is compared, or over already; with a fraction that no double has.
            query += random.Next(3) == 0 ? "&ttl_seconds=0.035" : $"&ttl_seconds={(view == "brief" ? "2" : "4000.035")}";
        }

        return (op < 3 ? HttpMethod.Put : HttpMethod.Patch, query, $"{{{string.Join(',', Features(view, random).Where(_ => random.Next(4) > 0).DefaultIfEmpty(Features(view, random)[0]))}}}");
    }

    private static string[] Features(string view, Random random)
    {
        string Of(params string[] texts) => random.Next(8) == 0 ? "null" : texts[random.Next(texts.Length)];
        var number = random.Next(1000).ToString(CultureInfo.InvariantCulture);
        return view switch
        {
            "lasting" =>
            [
                $"\"a\":{Of(number, "9007199254740993", "-0", "\"17\"", "3e2")}",
                $"\"b\":{Of("\"x\"", "\"\"", "\"ü \\u00fc \\\"q\\\" \\n\"", "\"\\u0000\"", "\"\\ud83d\\ude00\"")}",
                $"\"c\":{Of($"{number}.25", "1.0", "1", "-0.0", "1e5", "1E-7", "0.1000", "123456789012345678", "1e308", "1.7976931348623157e308")}",
            ],
            "brief" => [$"\"d\":{Of(number)}", $"\"e\":{Of("[0.1,2,-3e5]", "[]", "[1.00000001]")}"],
            "pairs" =>
            [
                $"\"f\":{Of(number)}", $"\"g\":{Of("true", "false")}", $"\"at\":{Of("\"2026-11-23T10:00:00.120+01:00\"", "\"1969-12-31T23:59:59.000001Z\"")}",
                $"\"raw\":{Of("\"AAH/\"", "\"\"", "\"YQ==\"")}", $"\"any\":{Of("{\"a\":[1.0,null]}", "\"text\"", "[ 1 ]", number)}", $"\"names\":{Of("[\"a\",\"b c\"]", "[ \"x\" ]", "[]")}",
            ],
            _ => [$"\"anything\":{Of(number, "1.50", "{\"b\":{}}", "\"t\"")}", $"\"na me\\u0022\":{Of("[1,2.0]", "true")}", "\"ünï\":1"],
        };
    }
}
