using FeatureStore.DevSidecar.Tests.Harness;

namespace FeatureStore.DevSidecar.Tests;

/// <summary>Service invocation, to the own app and to a peer's.</summary>
public sealed class InvocationTests
{
    [Fact]
    public async Task A_peers_app_gets_method_query_headers_and_body_and_its_answer_passes()
    {
        await using var pair = await Pair.StartAsync(app => app.On("/echo/x", r => new Reply(
            418, r.Body, "text/odd", new Dictionary<string, string> { ["X-Reply"] = "yes" })));

        var (status, body, response) = await pair.Caller.SendAsync(
            "PUT", "/v1.0/invoke/app2/method/echo/x?a=1&b=x%20y&a=%41", "{ \"n\": 9007199254740993 }", "text/custom",
            ("X-Custom", "1"), ("dapr-caller-app-id", "spoof"), ("X-Forwarded-For", "10.0.0.1"), ("dapr-api-token", "secret"));

        Assert.Equal((418, "{ \"n\": 9007199254740993 }"), (status, body));
        Assert.Equal("text/odd", response.Content.Headers.ContentType!.ToString());
        Assert.Equal("yes", Assert.Single(response.Headers.GetValues("X-Reply")));
        var request = Assert.Single(pair.App.At("/echo/x"));
        Assert.Equal(("PUT", "/echo/x?a=1&b=x%20y&a=%41"), (request.Method, request.Target));
        Assert.Equal("1", request.Headers["X-Custom"]);
        Assert.Equal("text/custom", request.Headers["Content-Type"]);
        Assert.Equal(("app1", "app2", "default"), (
            request.Headers["dapr-caller-app-id"], request.Headers["dapr-callee-app-id"], request.Headers["dapr-caller-namespace"]));
        Assert.DoesNotContain("10.0.0.1", request.Headers["X-Forwarded-For"]);
        Assert.StartsWith("for=", request.Headers["Forwarded"]);
        Assert.Equal("app2-token", request.Headers["dapr-api-token"]);
    }

    [Theory]
    [InlineData("/v1.0/invoke/app2/method/a//b/../json", "/a/json")]
    [InlineData("/v1.0/invoke/app2/method/a%20b%C3%A9", "/a%20b%C3%A9")]
    [InlineData("/v1.0/invoke/app2/method/", "/")]
    [InlineData("/v1.0/invoke/app2.default/method/json", "/json")]
    public async Task Paths_are_decoded_once_and_folded(string target, string received)
    {
        await using var pair = await Pair.StartAsync();

        await pair.Caller.SendAsync("GET", target, null, null, ("dapr-api-token", "secret"));

        Assert.Equal(received, pair.App.Received.Single(r => !r.Target.StartsWith("/dapr", StringComparison.Ordinal)).Target);
    }

    [Fact]
    public async Task The_header_form_takes_any_path_but_daprs_own()
    {
        await using var pair = await Pair.StartAsync(app => app.On("/v1.0/foo", _ => new Reply(200, "mine")));
        Assert.Equal("mine", (await pair.Caller.SendAsync(
            "GET", "/v1.0/foo?q=1", null, null, ("dapr-app-id", "app2"), ("dapr-api-token", "secret"))).Body);
        Assert.Equal(204, (await pair.Caller.SendAsync("GET", "/v1.0/healthz", null, null, ("dapr-app-id", "app2"))).Status);
    }

    [Fact]
    public async Task Redirects_are_handed_on_and_errors_get_a_content_type()
    {
        await using var pair = await Pair.StartAsync(app => app
            .On("/redirect", _ => new Reply(302, "", null, new Dictionary<string, string> { ["Location"] = "/json" }))
            .On("/gone", _ => new Reply(410)));
        var redirect = await pair.Caller.SendAsync("GET", "/v1.0/invoke/app2/method/redirect", null, null, ("dapr-api-token", "secret"));
        Assert.Equal((302, "/json"), (redirect.Status, redirect.Response.Headers.Location!.OriginalString));

        var gone = await pair.Caller.SendAsync("GET", "/v1.0/invoke/app2/method/gone", null, null, ("dapr-api-token", "secret"));
        Assert.Equal((410, "application/json"), (gone.Status, gone.Response.Content.Headers.ContentType!.ToString()));
    }

    [Theory]
    [InlineData("/v1.0/invoke/nope/method/json", 500, "failed to invoke, id: nope, err: ")]
    [InlineData("/v1.0/invoke/app2/method/a%2Fb/c%20d%3Fe", 500, "invalid method: method contains forbidden character: \\\"a/b/c d?e\\\"")]
    [InlineData("/v1.0/invoke/app2/method/a%2Fb", 500, "invalid method")]
    [InlineData("/v1.0/invoke/app1/method/json", 500, "failed to invoke, id: app1, err: cannot invoke local endpoint: app channel not initialized")]
    [InlineData("/v1.0/invoke/app2/method", 404, "failed getting app id either from the URL path or the header dapr-app-id")]
    [InlineData("/json", 404, "failed getting app id either from the URL path or the header dapr-app-id")]
    public async Task What_cannot_be_invoked_is_a_direct_invoke_error(string target, int status, string message)
    {
        await using var pair = await Pair.StartAsync();

        var reply = await pair.Caller.SendAsync("GET", target, null, null, ("dapr-api-token", "secret"));

        Assert.Equal(status, reply.Status);
        Assert.StartsWith("{\"errorCode\":\"ERR_DIRECT_INVOKE\",\"message\":\"", reply.Body);
        Assert.Contains(message, reply.Body);
    }

    [Fact]
    public async Task An_app_that_is_down_is_an_error_that_says_so()
    {
        await using var sidecar = await TestSidecar.StartAsync(new SidecarOptions { AppId = "app1", AppPort = FreePort.Next() });

        var reply = await sidecar.SendAsync("GET", "/v1.0/invoke/app1/method/x");

        Assert.Equal(500, reply.Status);
        Assert.Contains("connection refused", reply.Body);
    }

    [Fact]
    public async Task Tokens_are_asked_for_everywhere_but_on_healthz()
    {
        await using var pair = await Pair.StartAsync();
        foreach (var target in (string[])["/v1.0/metadata", "/nothing", "/v1.0/invoke/app2/method/x", "/v1.0/state/s/k"])
        {
            var refused = await pair.Caller.SendAsync("GET", target, null, null, ("dapr-api-token", "wrong"));
            Assert.Equal((401, "invalid api token\n"), (refused.Status, refused.Body));
            Assert.Equal("text/plain; charset=utf-8", refused.Response.Content.Headers.ContentType!.ToString());
        }

        Assert.Equal(204, (await pair.Caller.SendAsync("GET", "/v1.0/healthz")).Status);
        Assert.Equal(204, (await pair.Caller.SendAsync("GET", "/v1.0/healthz/outbound")).Status);
        Assert.Equal(200, (await pair.Caller.SendAsync("GET", "/v1.0/metadata", null, null, ("dapr-api-token", "secret"))).Status);

        var error = await Assert.ThrowsAsync<Grpc.Core.RpcException>(async () => await pair.Caller.Grpc.GetMetadataAsync(
            new(), cancellationToken: TestContext.Current.CancellationToken));
        Assert.Equal((Grpc.Core.StatusCode.Unauthenticated, "Unauthorized"), (error.StatusCode, error.Status.Detail));
        Assert.Equal("missing api token in request metadata", error.Details().Metadata["http.error_message"]);
        await pair.Caller.Grpc.GetMetadataAsync(
            new(), new Grpc.Core.Metadata { { "dapr-api-token", "secret" } }, cancellationToken: TestContext.Current.CancellationToken);
    }

    /// <summary>A caller without an app, and a callee with one.</summary>
    private sealed record Pair(TestApp App, TestSidecar Callee, TestSidecar Caller) : IAsyncDisposable
    {
        public static async Task<Pair> StartAsync(Action<TestApp>? configure = null)
        {
            var app = await TestApp.StartedAsync(configure);
            var callee = await TestSidecar.StartAsync(
                new SidecarOptions { AppId = "app2", AppPort = app.Port, ApiToken = "secret", AppApiToken = "app2-token" });
            var caller = await TestSidecar.StartAsync(new SidecarOptions
            {
                AppId = "app1",
                ApiToken = "secret",
                Peers = new Dictionary<string, Uri> { ["app2"] = callee.Http.BaseAddress! },
            });
            return new Pair(app, callee, caller);
        }

        public async ValueTask DisposeAsync()
        {
            await Caller.DisposeAsync();
            await Callee.DisposeAsync();
            await App.DisposeAsync();
        }
    }
}
