using System.Net;
using System.Text.Json;
using FeatureStore.Harness;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace FeatureStore.SystemTests.Declared;

/// <summary>Many entities at once, of several kinds.</summary>
public sealed class QueryTests(DeclaredViewTests.FlightsStack shared) : IClassFixture<DeclaredViewTests.FlightsStack>
{
    private static readonly string[] Airports = ["Q0", "Q1", "Q2", "Q/3", "Qü"];
    private static readonly string[] Features = ["weather:temp", "weather:gust", "weather:hours", "traffic:temp", "traffic:flights", "notes:rating", "notes:extra"];

    private FeatureStack Stack => shared.Stack;

    [Fact]
    public async Task Entities_of_several_kinds_are_joined_in_one_row()
    {
        await Stack.Ingest.Patch("/features/JON?view=weather", """{"temp":39.0}""");
        await Stack.Ingest.Patch("/features/N7?view=aircraft", """{"seats":180}""");
        await Stack.Ingest.Patch("/features?view=delays&entity_id=JON&entity_id=5", """{"delay":12.25}""");
        var reply = await Stack.Api.Query("""
            {"service":"delay_model_v1","metadata":true,"entities":[
             {"origin":"JON","tailnum":"N7","flight":5},{"origin":"JON","flight":"005"},{"tailnum":"N7","weight":1.5},{"origin":"JON","tailnum":"N7","flight":5}]}
            """);
        Assert.Equal("""["temp","gust","seats","delay"]""", reply.Json.GetProperty("features").GetRawText());
        Assert.Equal(["39.0", "null", "180", "12.25"], reply.Row(0));
        Assert.Equal(["PRESENT", "NOT_FOUND", "PRESENT", "PRESENT"], reply.Row(0, "statuses"));
        Assert.Equal(["39.0", "null", "null", "12.25"], reply.Row(1));
        Assert.Equal(["null", "null", "180", "null"], reply.Row(2));
        Assert.Equal(reply.Row(0), reply.Row(3));
        Assert.Equal("""{"tailnum":"N7","weight":1.5}""", reply.Json.GetProperty("rows")[2].GetProperty("entity").GetRawText());
        Assert.Equal(4, reply.Row(0, "event_timestamps").Length);
        Assert.NotEqual("null", reply.Row(0, "expires_at")[0]);
        Assert.Equal("null", reply.Row(0, "age_seconds")[1]);
        Assert.Equal(["false", "null", "null", "null"], reply.Row(0, "stale"));
    }

    [Fact]
    public async Task A_query_equals_one_read_after_another()
    {
        foreach (var airport in Airports[..^1])
        {
            var id = Uri.EscapeDataString(airport);
            await Stack.Ingest.Put($"/features/{id}?view=weather", $$"""{"temp":{{airport.Length}}.0,"gust":null}""");
            await Stack.Ingest.Put($"/features/{id}?view=weather&ttl_seconds=1&event_timestamp=2026-01-01T00:00:00Z&created_timestamp=2026-01-01T00:00:00Z", """{"hours":1}""");
        }

        await Stack.Ingest.Put("/features/Q1?view=traffic", """{"temp":3,"flights":9007199254740993}""");
        await Stack.Ingest.Put("/features/Q2?view=notes", """{"rating":5,"extra":{"a":[1.0]}}""");
        await Stack.Ingest.Delete("/features/Q2?view=weather&feature=temp");

        var queries = from features in Gen.SubListOf(Features).Where(list => list.Count > 0).SelectMany(list => Gen.Shuffle(list.ToArray()))
                      from airports in Gen.NonEmptyListOf(Gen.Elements(Airports))
                      select (features, airports);
        foreach (var (features, airports) in Gen.Sample(queries, 60, 12))
        {
            var query = await Stack.Api.Query(JsonSerializer.Serialize(new { features, entities = airports.Select(origin => new { origin }) }));
            Assert.True(query.Status == HttpStatusCode.OK, query.Body);
            for (var row = 0; row < airports.Count; row++)
            {
                for (var column = 0; column < features.Length; column++)
                {
                    var (view, name) = (features[column].Split(':')[0], features[column].Split(':')[1]);
                    var one = await Stack.Api.Read($"/features/{Uri.EscapeDataString(airports[row])}?view={view}&feature={name}&metadata=true");
                    var isKnown = one.Status == HttpStatusCode.OK;
                    Assert.Equal(
                        isKnown && one.Json.GetProperty("features").TryGetProperty(name, out var value) ? value.GetRawText() : "null",
                        query.Row(row)[column]);
                    Assert.Equal(isKnown ? one.Json.GetProperty("metadata").GetProperty(name).GetProperty("status").GetString() : "NOT_FOUND", query.Row(row, "statuses")[column]);
                }
            }
        }
    }

    [Fact]
    public async Task A_thousand_entities_may_be_asked_for_and_no_more()
    {
        static string Entities(int count) => string.Join(',', Enumerable.Range(0, count).Select(i => $"{{\"origin\":\"many-{i}\"}}"));
        await Stack.Ingest.PostLines(string.Join('\n', Enumerable.Range(0, 1000).Select(i => $"{{\"view\":\"weather\",\"entity_id\":\"many-{i}\",\"features\":{{\"hours\":{i}}}}}")));
        var most = await Stack.Api.Query($"{{\"features\":[\"weather:hours\"],\"entities\":[{Entities(1000)}]}}");
        Assert.All(Enumerable.Range(0, 1000), i => Assert.Equal([i.ToString(System.Globalization.CultureInfo.InvariantCulture)], most.Row(i)));

        var more = await Stack.Api.Query($"{{\"features\":[\"weather:hours\"],\"entities\":[{Entities(1001)}]}}");
        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, "A query may ask for 1000 entities; 1001 are given. Ask for them in several requests."), (more.Status, more.Errors().Single().Detail));
    }

    [Theory]
    [InlineData("[]", "The body must be a JSON object with service or features, and entities.")]
    [InlineData("{\"entities\":[]}", "A query names a service or features.")]
    [InlineData("{\"service\":\"airport_only\",\"features\":[\"weather:temp\"],\"entities\":[]}", "A query names either a service or features, not both.")]
    [InlineData("{\"service\":\"airport_onyl\",\"entities\":[]}", "There is no feature service 'airport_onyl'. Did you mean 'airport_only'?")]
    [InlineData("{\"features\":[\"temp\"],\"entities\":[]}", "A feature is named view:feature; 'temp' is not.")]
    [InlineData("{\"features\":[\"weather:tmp\"],\"entities\":[]}", "The view 'weather' has no feature 'tmp'. Did you mean 'temp'?")]
    [InlineData("{\"features\":[\"weather:temp\",\"weather:temp\"],\"entities\":[]}", "The feature 'weather:temp' is named more than once.")]
    [InlineData("{\"features\":[\"weather:temp\"]}", "entities must be an array of objects, each with the keys of one entity.")]
    [InlineData("{\"features\":[\"weather:temp\"],\"entities\":[1]}", "Entity 1 must be an object of join keys.")]
    [InlineData("{\"features\":[\"weather:temp\"],\"entities\":[{\"orign\":\"EWR\"}]}", "No entity has the key 'origin', which the view 'weather' needs. There is 'orign'.")]
    [InlineData("{\"features\":[\"delays:delay\"],\"entities\":[{\"origin\":\"EWR\",\"flight\":\"UA1\"}]}", "Entity 1: the key 'flight' is int64; \"UA1\" is not.")]
    [InlineData("{\"features\":[\"weather:temp\"],\"entities\":[{\"origin\":true}]}", "Entity 1: the key 'origin' is string; true is not.")]
    [InlineData("{\"features\":[\"weather:temp\"],\"entitys\":[],\"entities\":[]}", "A query has no 'entitys'; it may have service, features, entities, metadata, defaults. Did you mean 'entities'?")]
    [InlineData("{\"features\":[\"weather:temp\"],\"entities\":[{\"origin\":\"\\ud800\"}]}", "A text of the body is not valid Unicode: it has half a surrogate pair.")]
    [InlineData("{\"features\":[\"weather:temp\"],\"entities\":[{\"origin\":\"EWR\",\"extra\":\"\\ud800\"}]}", "A text of the body is not valid Unicode: it has half a surrogate pair.")]
    [InlineData("{\"features\":[\"weather:temp\"],\"entities\":[],\"metadata\":1}", "metadata must be true or false.")]
    public async Task A_query_that_cannot_be_answered_is_told_why(string body, string fault) =>
        Assert.Equal(fault, Assert.Single((await Stack.Api.Query(body)).Errors()).Detail);

    [Fact]
    public async Task Every_fault_of_a_query_is_named_at_once()
    {
        var reply = await Stack.Api.Query("""{"features":["wether:temp","weather:tmp"],"entities":[{"origin":"EWR"}],"defaults":"yes","x":1}""");
        Assert.Equal(4, reply.Errors().Count);
        Assert.Equal(HttpStatusCode.BadRequest, reply.Status);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, (await Stack.Api.Send(HttpMethod.Post, "/features/query", "{}", "text/plain")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await Stack.Api.Query("{\"entities\":")).Status);
    }
}
