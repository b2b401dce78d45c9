using System.Net;
using FeatureStore.Harness;
using Xunit;

namespace FeatureStore.SystemTests.Declared;

/// <summary>Registries are applied, refused and overtaken.</summary>
public sealed class RegistryTests(SqliteStack shared) : IClassFixture<SqliteStack>
{
    private FeatureStack Stack => shared.Stack;

    [Fact]
    public async Task What_is_applied_is_what_every_service_says()
    {
        var version = await Stack.Declare(RegistryCalls.Flights);
        var (api, ingest) = (await Stack.Api.Read("/registry"), await Stack.Ingest.Read("/registry"));
        Assert.Equal(api.Body, ingest.Body);
        Assert.Equal(version, api.Version());
        Assert.Equal("""{"keys":{"origin":"string","flight":"int64"}}""", (await Stack.Api.Read("/registry/entities/route")).Body);
        Assert.Equal("""["weather:hours","weather:temp"]""", (await Stack.Api.Read("/registry/services/airport_only")).Body);
        Assert.Contains("\"gust\":{\"type\":\"float64\",\"default\":0.0}", (await Stack.Ingest.Read("/registry/views/weather")).Body, StringComparison.Ordinal);

        var missing = await Stack.Api.Read("/registry/views/wether");
        Assert.Equal((HttpStatusCode.NotFound, "There is no view 'wether'. Did you mean 'weather'?"), (missing.Status, missing.Errors()[0].Detail));

        // The same once more changes nothing, and its plan is empty.
        var again = await Stack.Ingest.Apply(RegistryCalls.Flights);
        Assert.Equal((version, "[]"), (again.Version(), again.Json.GetProperty("changes").GetRawText()));
    }

    [Fact]
    public async Task A_dry_run_says_what_would_change_and_changes_nothing()
    {
        var version = await Stack.Declare(RegistryCalls.Flights);
        var more = RegistryCalls.Flights.Replace("\"hours\":\"int32\"", "\"hours\":\"int64\"", StringComparison.Ordinal).Replace("\"ttl\":\"3h\"", "\"ttl\":\"1h\"", StringComparison.Ordinal);
        var planned = await Stack.Ingest.Apply(more, query: "?dry_run=true");
        Assert.Equal(
            """[{"kind":"changed","what":"view","name":"weather","details":["feature hours: int32 → int64","ttl: 3h → 1h"]}]""",
            planned.Json.GetProperty("changes").GetRawText());
        Assert.Equal(version, (await Stack.Ingest.Read("/registry")).Version());
        Assert.Equal(HttpStatusCode.BadRequest, (await Stack.Ingest.Apply(more, query: "?dry_run=maybe")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await Stack.Ingest.Apply(more, query: "?dryrun=true")).Status);
    }

    [Fact]
    public async Task Half_a_surrogate_pair_is_a_fault_of_the_callers()
    {
        var bad = await Stack.Ingest.Apply("{\"entities\":{\"airport\":{\"description\":\"\\ud800\",\"keys\":{\"origin\":\"string\"}}}}");
        Assert.Equal(
            (HttpStatusCode.BadRequest, "A text of the body is not valid Unicode: it has half a surrogate pair."), (bad.Status, Assert.Single(bad.Errors()).Detail));
    }

    [Fact]
    public async Task Every_fault_is_named_at_once_and_nothing_changes()
    {
        var version = await Stack.Declare(RegistryCalls.Flights);
        var bad = await Stack.Ingest.Apply("""
            {"entities":{"airport":{"keys":{"origin":"strin"}}},"views":{"w":{"entity":"airprt","ttl":"3 hours","features":{"f":"floot64"}}},"services":{"s":["w:g"]},"vews":{}}
            """);
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "urn:featurestore:invalid"), (bad.Status, bad.Type()));
        Assert.Equal(
            ["/entities/airport/keys/origin", "/services/s/0", "/vews", "/views/w/entity", "/views/w/features/f", "/views/w/ttl"],
            bad.Errors().Select(error => error.Member!).Order(StringComparer.Ordinal));
        Assert.Contains(bad.Errors(), error => error.Detail.Contains("Did you mean 'airport'?", StringComparison.Ordinal));
        Assert.Equal(version, (await Stack.Ingest.Read("/registry")).Version());

        var torn = await Stack.Ingest.Apply("""{"entities":""");
        Assert.Equal(HttpStatusCode.BadRequest, torn.Status);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, (await Stack.Ingest.Send(HttpMethod.Put, "/registry", "a: b", "application/yaml")).Status);
    }

    [Fact]
    public async Task A_change_that_would_misread_is_refused_and_a_new_version_is_served_side_by_side()
    {
        var version = await Stack.Declare(RegistryCalls.Flights);
        await Stack.Ingest.Patch("/features/SBS?view=weather", """{"temp":1.5}""");
        var narrowed = RegistryCalls.Flights.Replace("\"temp\":\"float64\"", "\"temp\":\"string\"", StringComparison.Ordinal);
        var refused = await Stack.Ingest.Apply(narrowed);
        Assert.Equal((HttpStatusCode.Conflict, "urn:featurestore:registry-refused"), (refused.Status, refused.Type()));
        Assert.Equal("/views/weather", refused.Errors().Single().Member);
        Assert.Contains("weather@2", refused.Errors().Single().Detail, StringComparison.Ordinal);
        Assert.Equal(version, (await Stack.Ingest.Read("/registry")).Version());

        await Stack.Declare(RegistryCalls.Flights.Replace("\"traffic\":", "\"weather@2\":{\"entity\":\"airport\",\"features\":{\"temp\":\"string\"}},\"traffic\":", StringComparison.Ordinal));
        await Stack.Ingest.Patch("/features/SBS?view=weather@2", """{"temp":"mild"}""");
        Assert.Equal("""{"temp":1.5}""", (await Stack.Api.Read("/features/SBS?view=weather")).Features);
        Assert.Equal("""{"temp":"mild"}""", (await Stack.Api.Read("/features/SBS?view=weather@2")).Features);
        Assert.Equal(["1.5", "\"mild\""], (await Stack.Api.Query("""{"features":["weather:temp","weather@2:temp"],"entities":[{"origin":"SBS"}]}""")).Row(0));
    }

    [Fact]
    public async Task A_registry_that_declares_nothing_does_not_open_the_store_again()
    {
        var version = await Stack.Declare(RegistryCalls.Flights);
        var refused = await Stack.Ingest.Apply("{}");
        Assert.Equal((HttpStatusCode.Conflict, "urn:featurestore:registry-refused"), (refused.Status, refused.Type()));
        Assert.Equal(version, (await Stack.Ingest.Read("/registry")).Version());

        // An entity alone says that nothing is served.
        await Stack.Declare("""{"entities":{"airport":{"keys":{"origin":"string"}}}}""");
        Assert.Equal(HttpStatusCode.NotFound, (await Stack.Ingest.Patch("/features/x?view=weather", """{"temp":"any"}""")).Status);
        await Stack.Declare(RegistryCalls.Flights);
    }

    [Fact]
    public async Task A_view_that_is_removed_is_served_no_longer_and_keeps_its_data()
    {
        await Stack.Declare(RegistryCalls.Flights);
        await Stack.Ingest.Patch("/features/RMV?view=notes", """{"rating":7,"free":"text"}""");
        var without = RegistryCalls.Flights.Replace(",\n  \"notes\":{\"entity\":\"airport\",\"open\":true,\"features\":{\"rating\":\"int32\"}}", "", StringComparison.Ordinal);
        Assert.NotEqual(RegistryCalls.Flights, without);
        await Stack.Declare(without);
        Assert.Equal(HttpStatusCode.NotFound, (await Stack.Api.Read("/features/RMV?view=notes")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await Stack.Ingest.Patch("/features/RMV?view=notes", """{"rating":1}""")).Status);

        await Stack.Declare(RegistryCalls.Flights);
        Assert.Equal("""{"free":"text","rating":7}""", (await Stack.Api.Read("/features/RMV?view=notes")).Features);
    }

    [Fact]
    public async Task What_was_removed_can_be_deleted_still()
    {
        await Stack.Declare(RegistryCalls.Flights);
        await Stack.Ingest.Patch("/features/RMD?view=notes", """{"rating":7,"free":"text"}""");
        await Stack.Ingest.Patch("/features/RMD2?view=notes", """{"rating":7,"free":"text"}""");
        await Stack.Ingest.Patch("/features/RMD?view=weather", """{"temp":1.5,"hours":3}""");
        await Stack.Declare(RegistryCalls.Flights
            .Replace(",\n  \"notes\":{\"entity\":\"airport\",\"open\":true,\"features\":{\"rating\":\"int32\"}}", "", StringComparison.Ordinal)
            .Replace(",\"hours\":\"int32\"", "", StringComparison.Ordinal).Replace("[\"weather:hours\",", "[", StringComparison.Ordinal));
        var retired = (await Stack.Api.Read("/registry")).Json.GetProperty("retired");
        Assert.Equal("""{"entity":"airport","keys":{"origin":"string"},"features":{"rating":"int32"},"open":true}""", retired.GetProperty("notes").GetRawText());
        Assert.Equal("""{"entity":"airport","keys":{"origin":"string"},"features":{"hours":"int32"},"open":false}""", retired.GetProperty("weather").GetRawText());

        Assert.Equal(HttpStatusCode.OK, (await Stack.Ingest.Delete("/features/RMD?view=weather&feature=hours")).Status);
        Assert.Equal(HttpStatusCode.OK, (await Stack.Ingest.Delete("/features/RMD?view=notes&feature=free")).Status);
        Assert.Equal(1, (await Stack.Ingest.PostLines("""{"view":"notes","entity_id":"RMD2","op":"delete"}""")).Json.GetProperty("applied").GetInt32());
        var never = await Stack.Ingest.Delete("/features/RMD?view=weather&feature=wind");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, never.Status);

        await Stack.Declare(RegistryCalls.Flights);
        Assert.Equal("""{"temp":1.5}""", (await Stack.Api.Read("/features/RMD?view=weather")).Features);
        Assert.Equal("""{"rating":7}""", (await Stack.Api.Read("/features/RMD?view=notes")).Features);
        Assert.Equal(HttpStatusCode.NotFound, (await Stack.Api.Read("/features/RMD2?view=notes")).Status);
    }

    [Fact]
    public async Task An_entity_is_deleted_in_all_its_views_at_once_and_in_those_it_had()
    {
        await Stack.Declare(RegistryCalls.Flights);
        foreach (var (view, features) in new[] { ("weather", """{"temp":1.5}"""), ("traffic", """{"flights":3}"""), ("notes", """{"free":"text"}""") })
        {
            Assert.Equal(HttpStatusCode.OK, (await Stack.Ingest.Patch($"/features/ALL?view={view}", features)).Status);
        }

        await Stack.Ingest.Patch("/features/ALL?view=aircraft", """{"seats":2}""");
        await Stack.Declare(RegistryCalls.Flights.Replace(",\n  \"notes\":{\"entity\":\"airport\",\"open\":true,\"features\":{\"rating\":\"int32\"}}", "", StringComparison.Ordinal));
        var deleted = await Stack.Ingest.Delete("/features/ALL?entity=airport");
        Assert.Equal((HttpStatusCode.OK, "ALL", "airport"), (deleted.Status, deleted.Json.GetProperty("entity_id").GetString(), deleted.Json.GetProperty("entity").GetString()));
        // Those that it has, and had: "notes" was removed just now, and other tests of this stack may have removed more.
        var registry = (await Stack.Ingest.Read("/registry")).Json;
        var had = new[] { "views", "retired" }.SelectMany(section => registry.GetProperty(section).EnumerateObject())
            .Where(view => view.Value.GetProperty("entity").GetString() == "airport").Select(view => view.Name).Distinct().Order(StringComparer.Ordinal).ToList();
        Assert.Superset(new HashSet<string>(["notes", "traffic", "weather"]), had.ToHashSet());
        Assert.Equal(
            had.Select(view => $"{view} applied"),
            deleted.Json.GetProperty("views").EnumerateArray().Select(view => $"{view.GetProperty("view").GetString()} {view.GetProperty("outcome").GetString()}"));

        await Stack.Declare(RegistryCalls.Flights);
        Assert.Equal(HttpStatusCode.NotFound, (await Stack.Api.Read("/features/ALL?entity=airport")).Status);
        Assert.Equal("""{"seats":2}""", (await Stack.Api.Read("/features/ALL?view=aircraft")).Features);
    }

    [Theory]
    [InlineData("/features/x?entity=airprot", 404, "There is no entity 'airprot'. Did you mean 'airport'?")]
    [InlineData("/features/x?entity=airport&feature=temp", 400, "feature names features of one view: name it with view=.")]
    [InlineData("/features/x?entity=airport&view=delays", 404, "The entity 'airport' has no view 'delays'.")]
    [InlineData("/features/x?entity=route", 422, "The entity 'route' has 2 keys, in this order (origin, flight); 1 was given.")]
    public async Task A_deletion_of_what_is_not_there_is_told_so(string target, int status, string fault)
    {
        await Stack.Declare(RegistryCalls.Flights);
        var refused = await Stack.Ingest.Delete(target);
        Assert.Equal((status, fault), ((int)refused.Status, refused.Errors().Single().Detail));
    }

    [Fact]
    public async Task A_feature_that_is_removed_is_served_no_longer()
    {
        await Stack.Declare(RegistryCalls.Flights);
        await Stack.Ingest.Patch("/features/RMF?view=weather", """{"temp":1.5,"hours":3}""");
        var without = RegistryCalls.Flights.Replace(",\"hours\":\"int32\"", "", StringComparison.Ordinal).Replace("[\"weather:hours\",", "[", StringComparison.Ordinal);
        await Stack.Declare(without);
        Assert.Equal("""{"temp":1.5}""", (await Stack.Api.Read("/features/RMF?view=weather")).Features);
        Assert.Equal(HttpStatusCode.NotFound, (await Stack.Api.Read("/features/RMF?view=weather&feature=hours")).Status);
        Assert.DoesNotContain("hours", (await Stack.Api.Read("/features/RMF?view=weather&metadata=true")).Body, StringComparison.Ordinal);

        var misread = await Stack.Ingest.Apply(RegistryCalls.Flights.Replace("\"hours\":\"int32\"", "\"hours\":\"string\"", StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.Conflict, misread.Status);
        Assert.Contains("still stored as int32", misread.Errors().Single().Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_those_who_apply_at_once_one_wins_and_the_others_are_told()
    {
        var version = await Stack.Declare(RegistryCalls.Flights);
        var replies = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Stack.Ingest.Apply(
            RegistryCalls.Flights.Replace("\"freshness\":\"1h\"", $"\"freshness\":\"{i + 10}m\"", StringComparison.Ordinal), over: version)));
        Assert.Single(replies, reply => reply.Status == HttpStatusCode.OK);
        var overtaken = replies.Where(reply => reply.Status == HttpStatusCode.PreconditionFailed).ToList();
        Assert.Equal(7, overtaken.Count);
        Assert.All(overtaken, reply =>
        {
            Assert.Equal(("urn:featurestore:registry-changed", version + 1), (reply.Type(), reply.Version()));
            Assert.Contains("version", reply.Json.GetProperty("detail").GetString(), StringComparison.OrdinalIgnoreCase);
        });
        Assert.Contains(overtaken, reply => reply.Json.GetProperty("changes").GetRawText().Contains("freshness: 1h →", StringComparison.Ordinal));
        Assert.Equal(version + 1, (await Stack.Ingest.Read("/registry")).Version());
    }
}
