using System.Net;
using FeatureStore.Harness;
using Xunit;

namespace FeatureStore.SystemTests.Feast;

/// <summary>Reads by Feast's contract, beyond what was recorded.</summary>
[Collection(FeastStack.Collection)]
public sealed class ReadTests(FeastStack shared)
{
    private FeatureStack Stack => shared.Stack;

    [Theory]
    [InlineData("f", "1", "1.0")]
    [InlineData("f", "-0", "-0.0")]
    [InlineData("f", "1e3", "1e3")]
    [InlineData("f", "0.1", "0.1")]
    [InlineData("f", "123456789012345678901234567890", "123456789012345678901234567890.0")]
    [InlineData("fs", "[1, 2.5 ,-3]", "[1.0,2.5,-3.0]")]
    [InlineData("fs", "[]", "null")]
    [InlineData("v", "[1,0.1,16777216,1e20]", "[1.0,0.1,16777216.0,1E+20]")]
    [InlineData("v", "[]", "null")]
    [InlineData("at", "1768471200", "1768471200")]
    [InlineData("at", "1768471200.75", "1768471200")]
    [InlineData("at", "-0.5", "-1")]
    [InlineData("at", "\"2026-01-15T10:00:00\"", "1768471200")]
    [InlineData("at", "\"2026-01-15T12:00:00.5+02:00\"", "1768471200")]
    [InlineData("at", "\"2026-01-15\"", "1768435200")]
    [InlineData("ats", "[1768471200,\"2026-01-15T10:00:01Z\"]", "[1768471200,1768471201]")]
    [InlineData("ats", "[]", "null")]
    [InlineData("names", "[\"\",\"\\u00fc\"]", "[\"\",\"\\u00fc\"]")]
    [InlineData("names", "[]", "null")]
    [InlineData("doc", "{\"a\":[1,null]}", "\"{\\\"a\\\":[1,null]}\"")]
    [InlineData("doc", "\"{\\\"a\\\":1}\"", "\"{\\\"a\\\":1}\"")]
    [InlineData("doc", "[]", "\"[]\"")]
    public async Task A_value_is_written_as_a_client_tells_its_type(string feature, string written, string read)
    {
        await Stack.Writes("documents", $"\"item_id\":[\"typed\"],\"{feature}\":[{written}]");
        var column = await Stack.Column("""{"item_id":["typed"]}""", $"documents:{feature}");
        Assert.Equal($"[{read}]", column.GetProperty("values").GetRawText());
        Assert.Equal(read == "null" ? "NULL_VALUE" : "PRESENT", column.GetProperty("statuses")[0].GetString());
    }

    [Theory]
    [InlineData("[1,2.5]", "[1.0,2.5]")]
    [InlineData("[1,2]", "[1,2]")]
    [InlineData("[1,null]", "null")]
    [InlineData("[]", "null")]
    [InlineData("[1,\"a\"]", "\"[1,\\\"a\\\"]\"")]
    [InlineData("[[1]]", "\"[[1]]\"")]
    [InlineData("[true,false]", "[true,false]")]
    [InlineData("{\"a\":1}", "\"{\\\"a\\\":1}\"")]
    [InlineData("7", "7")]
    [InlineData("\"x\"", "\"x\"")]
    public async Task A_value_of_an_open_view_is_one_that_a_client_can_take(string written, string read)
    {
        await Stack.Writes("anything", $"\"item_id\":[\"open\"],\"free\":[{written}],\"known\":[1]");
        Assert.Equal($"[{read}]", await Stack.Values("""{"item_id":["open"]}""", "anything:free"));
        Assert.Equal("[1.0]", await Stack.Values("""{"item_id":["open"]}""", "anything:known"));
    }

    [Fact]
    public async Task An_int64_is_exact()
    {
        const string all = "[9007199254740993,9223372036854775807,-9223372036854775808,-9007199254740993,5.0,null]";
        await Stack.Writes("items", $"\"item_id\":[\"i0\",\"i1\",\"i2\",\"i3\",\"i4\",\"i5\"],\"n\":{all}");
        Assert.Equal(
            "[9007199254740993,9223372036854775807,-9223372036854775808,-9007199254740993,5,null]",
            await Stack.Values("""{"item_id":["i0","i1","i2","i3","i4","i5"]}""", "items:n"));
    }

    [Fact]
    public async Task Keys_come_back_as_their_view_types_them()
    {
        await Stack.Writes("driver_stats", "\"driver_id\":[5001],\"trips\":[7]");
        var reply = await Stack.Ask("""{"entities":{"driver_id":["5001",5001.0,5001,"+05001",null,9999]},"features":["driver_stats:trips"]}""");
        Assert.Equal("[5001,5001,5001,5001,null,9999]", reply.Json.GetProperty("results")[0].GetProperty("values").GetRawText());
        Assert.Equal("[7,7,7,7,null,null]", reply.Json.GetProperty("results")[1].GetProperty("values").GetRawText());
        Assert.Equal("""["PRESENT","PRESENT","PRESENT","PRESENT","NOT_FOUND","NOT_FOUND"]""", reply.Json.GetProperty("results")[1].GetProperty("statuses").GetRawText());
    }

    [Fact]
    public async Task Composite_keys_join_views_of_several_entities_and_repeats_are_answered_each()
    {
        await Stack.Writes("route_stats", "\"driver_id\":[5002,5002,5003],\"customer_id\":[\"a\",\"b/c\",\"a\"],\"rides\":[1,2,3],\"avg_fare\":[1,2,3]");
        await Stack.Writes("customer_profile", "\"customer_id\":[\"a\"],\"full_name\":[\"A\"]");
        var reply = await Stack.Ask(
            """{"entities":{"customer_id":["b/c","a","a","b/c"],"driver_id":[5002,5003,5002,5002]},"features":["customer_profile:full_name","route_stats:rides"]}""");
        Assert.Equal("""["customer_id","driver_id","full_name","rides"]""", reply.Json.GetProperty("metadata").GetProperty("feature_names").GetRawText());
        Assert.Equal("""["b/c","a","a","b/c"]""", reply.Json.GetProperty("results")[0].GetProperty("values").GetRawText());
        Assert.Equal("""[null,"A","A",null]""", reply.Json.GetProperty("results")[2].GetProperty("values").GetRawText());
        Assert.Equal("[2,3,1,2]", reply.Json.GetProperty("results")[3].GetProperty("values").GetRawText());
    }

    [Fact]
    public async Task Request_data_is_left_out_and_a_key_of_another_view_is_sent_back()
    {
        var reply = await Stack.Ask(
            """{"entities":{"budget":[1.5,2],"city_code":["ist","ank"],"driver_id":[1,2]},"features":["driver_week:trips"],"unheard_of":true}""");
        Assert.Equal("""["city_code","driver_id","trips"]""", reply.Json.GetProperty("metadata").GetProperty("feature_names").GetRawText());
        Assert.Equal("""["ist","ank"]""", reply.Json.GetProperty("results")[0].GetProperty("values").GetRawText());
    }

    [Fact]
    public async Task What_has_expired_is_outside_its_age_and_what_was_never_given_a_ttl_stays()
    {
        var old = FeastCalls.Naive(TimeSpan.FromDays(400));
        Assert.Equal(HttpStatusCode.OK, (await Stack.Push("pulse_push", $"\"driver_id\":[5004],\"bpm\":[60],\"load\":[0],\"event_timestamp\":[\"{old}\"]")).Status);
        var column = await Stack.Column("""{"driver_id":[5004]}""", "pulse_short:bpm");
        Assert.Equal($$"""{"values":[null],"statuses":["OUTSIDE_MAX_AGE"],"event_timestamps":["{{old}}Z"]}""", column.GetRawText());
        Assert.Equal("[60]", await Stack.Values("""{"driver_id":[5004]}""", "pulse_now:bpm"));
        Assert.Equal("[0.0]", await Stack.Values("""{"driver_id":[5004]}""", "pulse_now:load"));
    }

    [Fact]
    public async Task A_deleted_entity_is_not_found()
    {
        await Stack.Writes("driver_week", "\"driver_id\":[5005],\"trips\":[1],\"active\":[true]");
        await Stack.Ingest.Delete("/features?view=driver_week&entity_id=5005");
        Assert.Equal(
            """{"values":[null],"statuses":["NOT_FOUND"],"event_timestamps":["1970-01-01T00:00:00Z"]}""", (await Stack.Column("""{"driver_id":[5005]}""", "driver_week:trips")).GetRawText());
    }

    [Fact]
    public async Task A_version_of_a_view_is_a_view_of_its_own()
    {
        await Stack.Writes("driver_stats@2", "\"driver_id\":[5006],\"trips\":[22]");
        await Stack.Writes("driver_stats", "\"driver_id\":[5006],\"trips\":[11]");
        var reply = await Stack.Ask("""{"entities":{"driver_id":[5006]},"features":["driver_stats@2:trips","driver_stats:trips"],"full_feature_names":true}""");
        Assert.Equal("""["driver_id","driver_stats@2__trips","driver_stats__trips"]""", reply.Json.GetProperty("metadata").GetProperty("feature_names").GetRawText());
        Assert.Equal("[22]", reply.Json.GetProperty("results")[1].GetProperty("values").GetRawText());
    }

    [Fact]
    public async Task With_a_service_and_features_the_service_is_meant()
    {
        var reply = await Stack.Ask("""{"entities":{"driver_id":[1]},"feature_service":"driver_activity","features":["nothing:at_all"]}""");
        Assert.Equal("""["driver_id","conv_rate","trips","active"]""", reply.Json.GetProperty("metadata").GetProperty("feature_names").GetRawText());
        Assert.Equal(HttpStatusCode.OK, (await Stack.Ask("""{"entities":{"driver_id":[1]},"feature_service":"driver_activity","features":null}""")).Status);
    }

    [Theory]
    [InlineData("""{"entities":{"driver_id":[1]},"features":["driver_stat:trips"]}""", 404, "FeatureViewNotFoundException", "Feature view driver_stat does not exist. Did you mean 'driver_stats'?")]
    [InlineData("""{"entities":{"driver_id":[1]},"features":["driver_stats:tripz"]}""", 404, "FeastObjectNotFoundException", "Feature view driver_stats has no feature tripz. Did you mean 'trips'?")]
    [InlineData("""{"entities":{"driver_id":[1]},"feature_service":"drivers_activity"}""", 404, "FeatureServiceNotFoundException", "Feature service drivers_activity does not exist. Did you mean 'driver_activity'?")]
    [InlineData("""{"entities":{"driver_id":[1]},"features":["driver_stats:trips","driver_week:trips"]}""", 422, "FeatureNameCollisionError", "full_feature_names=True")]
    [InlineData("""{"entities":{"driver_id":[1]},"feature_service":"everything_twice"}""", 422, "FeatureNameCollisionError", "trips")]
    [InlineData("""{"entities":{"driver_id":[1]},"features":["driver_stats:trips","driver_stats:trips"],"full_feature_names":true}""", 422, "FeatureNameCollisionError", "driver_stats__trips")]
    public async Task What_is_not_declared_is_an_error_that_a_client_raises(string body, int status, string exception, string message)
    {
        var reply = await Stack.Ask(body);
        Assert.Equal((status, exception), ((int)reply.Status, reply.Error().Class));
        Assert.Contains(message, reply.Error().Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "[\"body\"]")]
    [InlineData("[]", "[\"body\"]")]
    [InlineData("{\"entities\":{\"driver_id\":[1]},\n \"features\":nil}", "[\"body\",44]")]
    [InlineData("{\"entities\":{\"driver_id\":[\"\\ud83d\"]},\"features\":[\"driver_week:trips\"]}", "[\"body\",0]")]
    [InlineData("""{"entities":[]}""", "[\"body\",\"entities\"]")]
    [InlineData("""{"entities":null,"features":5}""", "[\"body\",\"entities\"]", "[\"body\",\"features\"]")]
    [InlineData("""{"entities":{"driver_id":[1]}}""", "[\"body\",\"features\"]")]
    [InlineData("""{"entities":{"driver_id":[1]},"features":["driver_week:trips",7]}""", "[\"body\",\"features\",1]")]
    [InlineData("""{"entities":{"driver_id":[1]},"features":["trips"]}""", "[\"body\",\"features\",0]")]
    [InlineData("""{"entities":{"driver_id":[1]},"feature_service":["x"],"full_feature_names":"maybe"}""", "[\"body\",\"feature_service\"]", "[\"body\",\"full_feature_names\"]")]
    [InlineData("""{"entities":{},"features":["driver_week:trips"]}""", "[\"body\",\"entities\",\"driver_id\"]")]
    [InlineData("""{"entities":{"driver":[1]},"features":["driver_week:trips","customer_profile:score"]}""", "[\"body\",\"entities\",\"driver_id\"]", "[\"body\",\"entities\",\"customer_id\"]")]
    [InlineData("""{"entities":{"driver_id":[1,2],"budget":[1]},"features":["driver_week:trips"]}""", "[\"body\",\"entities\",\"budget\"]")]
    [InlineData("""{"entities":{"driver_id":["one",2,true,2.5]},"features":["driver_week:trips"]}""", "[\"body\",\"entities\",\"driver_id\",0]", "[\"body\",\"entities\",\"driver_id\",2]", "[\"body\",\"entities\",\"driver_id\",3]")]
    [InlineData("""{"entities":{"driver_id":[9223372036854775808]},"features":["driver_week:trips"]}""", "[\"body\",\"entities\",\"driver_id\",0]")]
    public async Task What_is_wrong_with_a_request_is_told_by_its_place(string body, params string[] places)
    {
        var reply = await Stack.Ask(body);
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "application/json"), (reply.Status, reply.ContentType));
        Assert.Equal(places, reply.Places());
    }

    [Fact]
    public async Task A_request_beyond_a_limit_is_refused_clearly()
    {
        var many = string.Join(',', Enumerable.Range(0, 201));
        var reply = await Stack.Ask($"{{\"entities\":{{\"driver_id\":[{many}]}},\"features\":[\"driver_week:trips\"]}}");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, reply.Status);
        Assert.Contains("200 entities", reply.Body, StringComparison.Ordinal);
        var none = await Stack.Ask("""{"entities":{"driver_id":[]},"features":["driver_week:trips"]}""");
        Assert.Equal(
            """{"metadata":{"feature_names":["driver_id","trips"]},"results":[{"values":[],"statuses":[],"event_timestamps":[]},{"values":[],"statuses":[],"event_timestamps":[]}]}""", none.Body);
    }

    [Fact]
    public async Task Nothing_can_be_stored_under_an_empty_key_so_nothing_is_found()
    {
        var column = await Stack.Column("""{"item_id":["",null]}""", "items:n");
        Assert.Equal("""["NOT_FOUND","NOT_FOUND"]""", column.GetProperty("statuses").GetRawText());
    }

    [Fact]
    public async Task What_is_answered_is_described()
    {
        var paths = (await Stack.Api.Read("/openapi/v1.json")).Json.GetProperty("paths");
        foreach (var path in (string[])["/get-online-features", "/write-to-online-store", "/push", "/materialize", "/materialize-incremental"])
        {
            Assert.True(paths.GetProperty(path).TryGetProperty("post", out _), path);
        }

        var health = await Stack.Api.Read("/health");
        Assert.Equal((HttpStatusCode.OK, ""), (health.Status, health.Body));
    }
}
