using FeatureStore.DevSidecar.Tests.Harness;

namespace FeatureStore.DevSidecar.Tests;

/// <summary>The state API over HTTP.</summary>
public sealed class HttpStateTests(SharedRedis redis)
{
    [Theory]
    [InlineData("""{"z":1.0,"a":9007199254740993}""", """{"a":9007199254740992,"z":1}""")]
    [InlineData("0.1000000000000000055511151231257827", "0.1")]
    [InlineData("1E+2", "100")]
    [InlineData("1e21", "1e+21")]
    [InlineData("1.5e-7", "1.5e-7")]
    [InlineData("-0.000001", "-0.000001")]
    [InlineData("123456789012345680000", "123456789012345680000")]
    [InlineData("[1, 2,\n 3]", "[1,2,3]")]
    [InlineData("\"<a>\\u2603\"", "\"\\u003ca\\u003e☃\"")]
    [InlineData("null", "null")]
    public async Task Values_pass_through_float64(string value, string stored)
    {
        await using var sidecar = await StartAsync();

        Assert.Equal(204, (await sidecar.SendAsync("POST", "/v1.0/state/store", $$"""[{"key":"v","value":{{value}}}]""")).Status);

        Assert.Equal((200, stored), Reply(await sidecar.SendAsync("GET", "/v1.0/state/store/v")));
    }

    [Theory]
    [InlineData("POST", "/v1.0/state/store/transaction", "a state transaction")]
    [InlineData("POST", "/v1.0-alpha1/state/store/query", "a state query")]
    [InlineData("GET", "/v1.0/secrets/store/name", "secrets")]
    [InlineData("PUT", "/v1.0/actors/type/id/method/m", "actors")]
    [InlineData("POST", "/v1.0-alpha1/jobs/name", "jobs")]
    public async Task What_is_not_here_is_refused_by_name(string method, string path, string name)
    {
        await using var sidecar = await StartAsync();

        Assert.Equal(
            (501, $$"""{"errorCode":"ERR_NOT_IN_DEVSIDECAR","message":"{{name}} is not in DevSidecar, use daprd"}"""),
            Reply(await sidecar.SendAsync(method, path)));
    }

    [Fact]
    public async Task Keys_are_decoded_once()
    {
        await using var sidecar = await StartAsync();
        await sidecar.SendAsync("PUT", "/v1.0/state/store", """[{"key":"a b%25é","value":1},{"key":"a/b","value":2},{"key":"bulk","value":3}]""");

        Assert.Equal((200, "1"), Reply(await sidecar.SendAsync("GET", "/v1.0/state/store/a%20b%2525%C3%A9")));
        Assert.Equal((200, "2"), Reply(await sidecar.SendAsync("GET", "/v1.0/state/store/a%2Fb")));
        Assert.Equal((200, "3"), Reply(await sidecar.SendAsync("GET", "/v1.0/state/store/bulk")));
        Assert.Equal(404, (await sidecar.SendAsync("GET", "/v1.0/state/store/a/b")).Status);
        Assert.Equal(204, (await sidecar.SendAsync("GET", "/v1.0/state/store/absent")).Status);
    }

    [Fact]
    public async Task Etags_travel_in_headers()
    {
        await using var sidecar = await StartAsync();
        await sidecar.SendAsync("POST", "/v1.0/state/store?metadata.ttlInSeconds=100", """[{"key":"k","value":1}]""");
        var (_, _, response) = await sidecar.SendAsync("GET", "/v1.0/state/store/k");
        var etag = Assert.Single(response.Headers.GetValues("Etag"));
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", Assert.Single(response.Headers.GetValues("Metadata.ttlexpiretime")));

        var stale = await sidecar.SendAsync("POST", "/v1.0/state/store", """[{"key":"k","value":2,"etag":"x"}]""");
        Assert.Equal(
            (409, $$"""{"errorCode":"ERR_STATE_SAVE","message":"failed saving state in state store store: possible etag mismatch. error from state store: state etag not match for key=k: current={{etag}}, expect=x"}"""),
            Reply(stale));
        Assert.Equal(409, (await sidecar.SendAsync("DELETE", "/v1.0/state/store/k", null, null, ("If-Match", "x"))).Status);
        Assert.Equal(204, (await sidecar.SendAsync("DELETE", "/v1.0/state/store/k", null, null, ("If-Match", etag))).Status);
    }

    [Fact]
    public async Task A_bulk_get_answers_in_one_array()
    {
        await using var sidecar = await StartAsync();
        await sidecar.SendAsync("POST", "/v1.0/state/store", """[{"key":"m1","value":"<x>"}]""");

        var (status, body, _) = await sidecar.SendAsync("POST", "/v1.0/state/store/bulk", """{"keys":["m1","nope"]}""");

        Assert.Equal(200, status);
        Assert.Matches("^\\[\\{\"key\":\"m1\",\"data\":\"\\\\u003cx\\\\u003e\",\"etag\":\"[0-9a-f-]{36}\"\\},\\{\"key\":\"nope\"\\}\\]\n$", body);
    }

    [Theory]
    [InlineData("[{\"key\":\"k1\",\"value\":", "unexpected EOF")]
    [InlineData("", "EOF")]
    [InlineData("{\"key\":\"k1\"}", "json: cannot unmarshal object into Go value of type []state.SetRequest")]
    [InlineData("[\"k1\"]", "json: cannot unmarshal string into Go value of type state.SetRequest")]
    [InlineData("[{\"value\":1}]", "\\\"key\\\" is a required field")]
    [InlineData("[{\"key\":\"k\",\"value\":1e400}]", "json: cannot unmarshal number 1e400 into Go struct field SetRequest.value of type float64")]
    [InlineData("[{\"key\":\"k\",\"value\":1,\"metadata\":{\"ttlInSeconds\":10}}]", "json: cannot unmarshal number into Go struct field SetRequest.metadata of type string")]
    public async Task Malformed_saves_are_refused(string body, string message)
    {
        await using var sidecar = await StartAsync();

        Assert.Equal(
            (400, $$"""{"errorCode":"ERR_MALFORMED_REQUEST","message":"{{message}}"}"""),
            Reply(await sidecar.SendAsync("POST", "/v1.0/state/store", body)));
    }

    [Fact]
    public async Task Unknown_stores_large_bodies_and_wrong_verbs_are_refused()
    {
        await using var sidecar = await StartAsync();
        Assert.Equal(
            (400, """{"errorCode":"ERR_STATE_STORE_NOT_FOUND","message":"state store nostore is not found","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","domain":"dapr.io","metadata":{"appID":"app1"},"reason":"DAPR_STATE_NOT_FOUND"}]}"""),
            Reply(await sidecar.SendAsync("GET", "/v1.0/state/nostore/a")));
        Assert.Equal(
            (400, """{"errorCode":"ERR_MALFORMED_REQUEST","message":"stream too large"}"""),
            Reply(await sidecar.SendAsync("POST", "/v1.0/state/store", $$"""[{"key":"big","value":"{{new string('x', 4 * 1024 * 1024)}}"}]""")));
        Assert.Equal(
            (404, """{"errorCode":"ERR_DIRECT_INVOKE","message":"failed getting app id either from the URL path or the header dapr-app-id"}"""),
            Reply(await sidecar.SendAsync("PATCH", "/v1.0/state/store", "[]")));
        Assert.Contains("input key/keyPrefix 'a||b' can't contain '||'", (await sidecar.SendAsync("GET", "/v1.0/state/store/a%7C%7Cb")).Body);
    }

    private static (int, string) Reply((int Status, string Body, HttpResponseMessage) reply) => (reply.Status, reply.Body);

    private Task<TestSidecar> StartAsync() => TestSidecar.StartAsync(Stores.Component(Stores.InMemory, redis));
}
