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
