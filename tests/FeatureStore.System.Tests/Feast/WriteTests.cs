using System.Globalization;
using System.Net;
using FeatureStore.Harness;
using Xunit;

namespace FeatureStore.SystemTests.Feast;

/// <summary>Writes by Feast's contract, beyond what was recorded.</summary>
[Collection(FeastStack.Collection)]
public sealed class WriteTests(FeastStack shared)
{
    private FeatureStack Stack => shared.Stack;

    public static TheoryData<int, string, string> Refused { get; } = new()
    {
        { 600010, "\"trips\":[1,\"many\"],\"active\":[true,true]", "[\"body\",\"df\",\"trips\",1]" },
        { 600020, "\"trips\":[1,2.5],\"active\":[true,true]", "[\"body\",\"df\",\"trips\",1]" },
        { 600030, "\"trips\":[1,9223372036854775808],\"active\":[true,true]", "[\"body\",\"df\",\"trips\",1]" },
        { 600040, "\"trips\":[1,2],\"active\":[true,1]", "[\"body\",\"df\",\"active\",1]" },
        { 600050, "\"tripz\":[1,2],\"active\":[true,true]", "[\"body\",\"df\",\"tripz\"]" },
        { 600060, "\"trips\":[1],\"active\":[true,true]", "[\"body\",\"df\",\"trips\"]" },
        { 600070, "\"trips\":1,\"active\":[true,true]", "[\"body\",\"df\",\"trips\"]" },
        { 600080, "\"trips\":[1,2],\"active\":[true,true],\"event_timestamp\":[null,\"yesterday\"]", "[\"body\",\"df\",\"event_timestamp\",1]" },
        { 600090, "\"trips\":[1,2],\"active\":[true,true],\"created\":[null,1768471200]", "[\"body\",\"df\",\"created\",1]" },
        { 600100, "\"trips\":[1,2],\"active\":[true,true],\"event_timestamp\":[null,\"2999-01-01T00:00:00\"]", "[\"body\",\"df\",\"event_timestamp\",1]" },
        { 600110, "\"event_timestamp\":[null,null]", "[\"body\",\"df\"]" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task A_refused_write_stores_none_of_its_rows(int first, string columns, string place)
    {
        var keys = $"\"driver_id\":[{first},{first + 1}]";
        var reply = await Stack.WriteTo("driver_week", $"{keys},{columns}");
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "application/json"), (reply.Status, reply.ContentType));
        Assert.Equal([place], reply.Places());
        Assert.Equal("""["NOT_FOUND","NOT_FOUND"]""", (await Stack.Column($"{{{keys}}}", "driver_week:active")).GetProperty("statuses").GetRawText());
    }

    [Theory]
    [InlineData("[1,null]", "[\"body\",\"df\",\"driver_id\",1]")]
    [InlineData("[1,\"x\"]", "[\"body\",\"df\",\"driver_id\",1]")]
    [InlineData("[1,true]", "[\"body\",\"df\",\"driver_id\",1]")]
    public async Task A_key_that_is_none_refuses_the_whole_write(string keys, string place)
    {
        var reply = await Stack.WriteTo("driver_stats@2", $"\"driver_id\":{keys},\"trips\":[1,1]");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, reply.Status);
        Assert.Equal([place], reply.Places());
        Assert.Equal("[null]", await Stack.Values("""{"driver_id":[1]}""", "driver_stats@2:trips"));
    }

    [Fact]
    public async Task Every_fault_is_told()
    {
        var reply = await Stack.WriteTo("scalars", """ "row_id":["x",2],"i32":[3000000000,"a"],"flag":["no",null],"at":["noon",1e300] """);
        Assert.Equal(
            ["[\"body\",\"df\",\"at\",0]", "[\"body\",\"df\",\"at\",1]", "[\"body\",\"df\",\"flag\",0]", "[\"body\",\"df\",\"i32\",0]", "[\"body\",\"df\",\"i32\",1]", "[\"body\",\"df\",\"row_id\",0]"],
            reply.Places().Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_row_that_could_never_be_stored_refuses_all()
    {
        var text = new string('x', 1024 * 1024);
        var reply = await Stack.WriteTo("items", $"\"item_id\":[\"small\",\"large\"],\"n\":[1,1],\"blob_of_text\":[\"x\",\"{text}\"]");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, reply.Status);
        Assert.Contains("larger than", reply.Body, StringComparison.Ordinal);
        Assert.Equal("[null]", await Stack.Values("""{"item_id":["small"]}""", "items:n"));
    }

    [Fact]
    public async Task What_feature_ingest_alone_can_tell_is_refused_by_the_row()
    {
        var text = new string('x', 600 * 1024);
        await Stack.Writes("anything", $"\"item_id\":[\"full\"],\"a\":[\"{text}\"]");
        var reply = await Stack.WriteTo("anything", $"\"item_id\":[\"other\",\"full\"],\"b\":[\"x\",\"{text}\"]");
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "application/json"), (reply.Status, reply.ContentType));
        Assert.Contains("Row 1: With this row", reply.Body, StringComparison.Ordinal);
        Assert.Equal("[null]", await Stack.Values("""{"item_id":["full"]}""", "anything:b"));
    }

    [Fact]
    public async Task A_body_that_is_too_large_is_told_so_in_JSON()
    {
        var reply = await Stack.WriteTo("items", $"\"item_id\":[\"{new string('x', 4_000_000)}\"]");
        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, "application/problem+json"), (reply.Status, reply.ContentType));
    }

    [Fact]
    public async Task Part_of_a_row_leaves_the_rest_and_columns_that_no_view_takes_are_left_out_of_a_whole_one()
    {
        await Stack.Writes("driver_week", "\"driver_id\":[5101],\"trips\":[1],\"active\":[true],\"note\":[\"not a feature\"]");
        await Stack.Writes("driver_week", "\"driver_id\":[5101],\"trips\":[2]");
        Assert.Equal("[2]", await Stack.Values("""{"driver_id":[5101]}""", "driver_week:trips"));
        Assert.Equal("[true]", await Stack.Values("""{"driver_id":[5101]}""", "driver_week:active"));
    }

    [Fact]
    public async Task Times_are_UTC_unless_they_say_otherwise_and_an_older_row_loses()
    {
        var now = TimeProvider.System.GetUtcNow();
        var event1 = now.AddMinutes(-2).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff", CultureInfo.InvariantCulture);
        var event2 = now.AddMinutes(-1).ToOffset(TimeSpan.FromHours(-5)).ToString("yyyy-MM-dd' 'HH:mm:ss.fffzzz", CultureInfo.InvariantCulture);
        var read = now.AddMinutes(-1).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        await Stack.Writes("driver_week", $"\"driver_id\":[5102],\"trips\":[2],\"active\":[true],\"event_timestamp\":[\"{event2}\"],\"created\":[null]");
        await Stack.Writes("driver_week", $"\"driver_id\":[5102],\"trips\":[1],\"active\":[true],\"event_timestamp\":[\"{event1}\"]");
        var column = await Stack.Column("""{"driver_id":[5102]}""", "driver_week:trips");
        Assert.Equal($$"""{"values":[2],"statuses":["PRESENT"],"event_timestamps":["{{read.Replace(".000Z", "Z", StringComparison.Ordinal)}}"]}""", column.GetRawText());
    }

    [Fact]
    public async Task Python_s_NaN_is_null()
    {
        await Stack.Writes("driver_stats", "\"driver_id\":[5103,5104,5105],\"conv_rate\":[NaN,1,\"NaN\"],\"acc_rate\":[1,NaN,1],\"trips\":[1,2,NaN]");
        Assert.Equal("[null,1.0,null]", await Stack.Values("""{"driver_id":[5103,5104,5105]}""", "driver_stats:conv_rate"));
        await Stack.Writes("items", "\"item_id\":[\"a NaN \\\" NaN\"],\"n\":[NaN],\"blob_of_text\":[\"NaN\"]");
        Assert.Equal("[\"NaN\"]", await Stack.Values("""{"item_id":["a NaN \" NaN"]}""", "items:blob_of_text"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await Stack.WriteTo("driver_stats", "\"driver_id\":[5106],\"conv_rate\":[Infinity]")).Status);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await Stack.WriteTo("driver_stats", "\"driver_id\":[5106],\"conv_rate\":[\"Infinity\"]")).Status);
    }

    [Fact]
    public async Task Bytes_are_taken_as_base64()
    {
        await Stack.Writes("blobs", "\"row_id\":[5107],\"blob\":[\"AP8Q\"],\"blobs\":[[\"YQ==\",\"\"]],\"label\":[\"x\"]");
        Assert.Equal("""["AP8Q"]""", await Stack.Values("""{"row_id":[5107]}""", "blobs:blob"));
        Assert.Equal("""[["YQ==",""]]""", await Stack.Values("""{"row_id":[5107]}""", "blobs:blobs"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await Stack.WriteTo("blobs", "\"row_id\":[5107],\"blob\":[\"?\"]")).Status);
    }

    [Fact]
    public async Task A_push_reaches_every_view_of_its_source_with_the_columns_of_that_view()
    {
        var now = FeastCalls.Naive();
        var both = await Stack.Push("pulse_push", $"\"driver_id\":[5108],\"bpm\":[61],\"load\":[1],\"event_timestamp\":[\"{now}\"]", "online_and_offline");
        Assert.Equal((HttpStatusCode.OK, ""), (both.Status, both.Body));
        var statuses = (await Stack.Column("""{"driver_id":[5108]}""", "pulse_short:bpm")).GetProperty("event_timestamps")[0].GetString();
        Assert.NotEqual("1970-01-01T00:00:00Z", statuses);
        Assert.Equal("[61]", await Stack.Values("""{"driver_id":[5108]}""", "pulse_now:bpm"));

        // Of no use to the other view, so only one is written.
        Assert.Equal(HttpStatusCode.OK, (await Stack.Push("pulse_push", "\"driver_id\":[5109],\"load\":[2]")).Status);
        Assert.Equal("[2.0]", await Stack.Values("""{"driver_id":[5109]}""", "pulse_now:load"));
        Assert.Equal("NOT_FOUND", (await Stack.Column("""{"driver_id":[5109]}""", "pulse_short:bpm")).GetProperty("statuses")[0].GetString());
    }

    [Fact]
    public async Task A_refused_push_stores_nothing_in_any_view()
    {
        var reply = await Stack.Push("pulse_push", "\"driver_id\":[5110,5111],\"bpm\":[1,2],\"load\":[1,\"high\"]");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, reply.Status);
        Assert.Equal(["[\"body\",\"df\",\"load\",1]"], reply.Places());
        foreach (var feature in (string[])["pulse_now:bpm", "pulse_short:bpm", "pulse_now:load"])
        {
            Assert.Equal("""["NOT_FOUND","NOT_FOUND"]""", (await Stack.Column("""{"driver_id":[5110,5111]}""", feature)).GetProperty("statuses").GetRawText());
        }
    }

    [Fact]
    public async Task What_is_not_offered_is_501_and_says_what_to_do()
    {
        var offline = await Stack.Push("pulse_push", "\"driver_id\":[5112],\"bpm\":[1],\"load\":[1]", "offline");
        Assert.Equal((HttpStatusCode.NotImplemented, "application/problem+json"), (offline.Status, offline.ContentType));
        Assert.Equal("[null]", await Stack.Values("""{"driver_id":[5112]}""", "pulse_now:bpm"));
        var unknown = await Stack.Push("pulse_push", "\"driver_id\":[5112],\"bpm\":[1]", "everywhere");
        Assert.Equal(["[\"body\",\"to\"]"], unknown.Places());
        foreach (var path in (string[])["/materialize", "/materialize-incremental"])
        {
            var reply = await Stack.Api.Send(HttpMethod.Post, path, """{"start_ts":"2026-11-23T00:00:00","end_ts":"2026-11-24T00:00:00"}""");
            Assert.Equal((HttpStatusCode.NotImplemented, "urn:featurestore:not-implemented"), (reply.Status, reply.Json.GetProperty("type").GetString()));
        }
    }

    [Theory]
    [InlineData("/push", """{"push_source_name":"pulse_pus","df":{}}""", 422, "PushSourceNotFoundException", "Unable to find push source 'pulse_pus'. Did you mean 'pulse_push'?")]
    [InlineData("/write-to-online-store", """{"feature_view_name":"driver_weak","df":{}}""", 404, "FeastObjectNotFoundException", "Can't recognize feast object with a name driver_weak. Did you mean 'driver_week'?")]
    public async Task What_is_written_to_has_to_be_declared(string path, string body, int status, string exception, string message)
    {
        var reply = await Stack.Api.Send(HttpMethod.Post, path, body);
        Assert.Equal((status, (exception, message)), ((int)reply.Status, reply.Error()));
    }

    [Theory]
    [InlineData("/push", "{}", "[\"body\",\"push_source_name\"]", "[\"body\",\"df\"]")]
    [InlineData("/push", """{"push_source_name":"pulse_push","df":{"bpm":[1]}}""", "[\"body\",\"df\",\"driver_id\"]")]
    [InlineData("/write-to-online-store", """{"feature_view_name":5,"df":[]}""", "[\"body\",\"feature_view_name\"]", "[\"body\",\"df\"]")]
    [InlineData("/write-to-online-store", """{"feature_view_name":"route_stats","df":{"rides":[1]}}""", "[\"body\",\"df\",\"driver_id\"]", "[\"body\",\"df\",\"customer_id\"]")]
    public async Task What_is_missing_from_a_write_is_told_by_its_place(string path, string body, params string[] places)
    {
        var reply = await Stack.Api.Send(HttpMethod.Post, path, body);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, reply.Status);
        Assert.Equal(places, reply.Places());
    }

    [Fact]
    public async Task No_rows_are_none_to_write()
    {
        await Stack.Writes("driver_week", "\"driver_id\":[],\"trips\":[],\"active\":[]");
        Assert.Equal(HttpStatusCode.OK, (await Stack.Push("pulse_push", "\"driver_id\":[],\"bpm\":[]")).Status);
    }

    [Fact]
    public async Task Rows_of_more_bytes_than_one_call_takes_all_go_in_and_may_be_sent_again()
    {
        const int rows = 3000;
        var ids = string.Join(',', Enumerable.Range(700_000, rows));
        var trips = string.Join(',', Enumerable.Range(0, rows));
        var frame = $"\"driver_id\":[{ids}],\"trips\":[{trips}],\"active\":[{string.Join(',', Enumerable.Repeat("true", rows))}],\"event_timestamp\":[{string.Join(',', Enumerable.Repeat($"\"{FeastCalls.Naive()}\"", rows))}]";
        await Stack.Writes("driver_week", frame);
        await Stack.Writes("driver_week", frame);
        Assert.Equal("[0,1499,2999]", await Stack.Values("""{"driver_id":[700000,701499,702999]}""", "driver_week:trips"));
    }
}
