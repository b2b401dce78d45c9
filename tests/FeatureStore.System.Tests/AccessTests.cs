using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FeatureStore.Harness;
using Xunit;

namespace FeatureStore.SystemTests;

/// <summary>The store with tokens, API keys and limits set.</summary>
public sealed class AccessTests(AccessTests.GuardedStack shared) : IClassFixture<AccessTests.GuardedStack>
{
    private const string SidecarToken = "planted-sidecar-token-7f3a";
    private const string AppToken = "planted-app-token-91cc";
    private const string OperatorKey = "fs_planted-operator-key-52e0";
    private const string ReaderKey = "fs_planted-reader-key-0b6d";
    private const string WriterKey = "fs_planted-writer-key-c4a9";
    private const string GreedyKey = "fs_planted-greedy-key-ee17";
    private const string Row = """{"f":1}""";

    private FeatureStack Stack => shared.Stack;

    [Theory]
    [InlineData(ReaderKey, HttpStatusCode.NotFound, HttpStatusCode.Forbidden)]
    [InlineData(WriterKey, HttpStatusCode.Forbidden, HttpStatusCode.OK)]
    [InlineData("fs_unknown", HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized)]
    [InlineData(AppToken, HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized)]
    [InlineData(null, HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized)]
    public async Task A_key_allows_what_it_has_the_right_to(string? key, HttpStatusCode read, HttpStatusCode write)
    {
        Assert.Equal(read, (await SendAsync(Stack.Api, HttpMethod.Get, "/features/nobody", key)).Status);
        Assert.Equal(write, (await SendAsync(Stack.Ingest, HttpMethod.Patch, "/features/access", key, Row)).Status);
        Assert.Equal(write, (await SendAsync(Stack.Ingest, HttpMethod.Put, "/features/access", key, Row)).Status);
        Assert.Equal(write, (await SendAsync(Stack.Ingest, HttpMethod.Delete, "/features/access", key)).Status);
        Assert.Equal(write, (await SendAsync(Stack.Ingest, HttpMethod.Post, "/features", key, """[{"entity_id":"access","features":{"f":1}}]""")).Status);
        Assert.Equal(write, (await SendAsync(Stack.Ingest, HttpMethod.Get, "/dead-letters", key)).Status);
    }

    [Theory]
    [InlineData(ReaderKey, HttpStatusCode.OK, HttpStatusCode.Forbidden)]
    [InlineData(WriterKey, HttpStatusCode.Forbidden, HttpStatusCode.OK)]
    [InlineData(null, HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized)]
    public async Task Reads_and_writes_by_Feast_s_contract_need_the_same_rights(string? key, HttpStatusCode read, HttpStatusCode write)
    {
        var asked = await SendAsync(Stack.Api, HttpMethod.Post, "/get-online-features", key, """{"entities":{"entity_id":["feast"]},"features":["default:f"]}""");
        Assert.Equal(read, asked.Status);
        Assert.Equal(JsonValueKind.Object, asked.Json.ValueKind);

        // Passed on through both sidecars, which ask for a token of their own.
        var written = await SendAsync(Stack.Api, HttpMethod.Post, "/write-to-online-store", key, """{"feature_view_name":"default","df":{"entity_id":["feast"],"f":[1]}}""");
        Assert.True(written.Status == write, written.Body);
        Assert.Equal(write == HttpStatusCode.OK, (await SendAsync(Stack.Api, HttpMethod.Post, "/push", key, "{}")).Status == HttpStatusCode.UnprocessableEntity);
        Assert.Equal(write == HttpStatusCode.OK, (await SendAsync(Stack.Api, HttpMethod.Post, "/materialize", key, "{}")).Status == HttpStatusCode.NotImplemented);
        Assert.Equal((HttpStatusCode.OK, ""), await Health());

        async Task<(HttpStatusCode, string)> Health()
        {
            var health = await SendAsync(Stack.Api, HttpMethod.Get, "/health", key);
            return (health.Status, health.Body);
        }
    }

    [Fact]
    public async Task A_key_may_stand_in_either_header()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/features/nobody") { Headers = { { "X-API-Key", ReaderKey } } };
        using var client = Bare(Stack.Api);
        using var reply = await client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NotFound, reply.StatusCode);
    }

    [Fact]
    public async Task Fact_59_only_the_sidecar_delivers_asks_and_invokes()
    {
        const string delivery = """{"entries":[{"entryId":"1","event":"eyJlbnRpdHlfaWQiOiJmb3JnZWQiLCJmZWF0dXJlcyI6eyJmIjoxfX0="}]}""";
        foreach (var key in (string?[])[null, WriterKey, OperatorKey])
        {
            Assert.Equal(HttpStatusCode.Unauthorized, (await SendAsync(Stack.Ingest, HttpMethod.Post, "/events/feature-updates", key, delivery)).Status);
            Assert.Equal(HttpStatusCode.Unauthorized, (await SendAsync(Stack.Ingest, HttpMethod.Post, "/events/dead-letters", key, delivery)).Status);
        }

        Assert.Equal(HttpStatusCode.Unauthorized, (await SendAsync(Stack.Ingest, HttpMethod.Get, "/dapr/subscribe", null)).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await SendAsync(Stack.Ingest, HttpMethod.Get, "/dapr/config", null)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await Stack.Api.Read("/features/forged")).Status);

        // Through the sidecars all of it works: what is published arrives, and another app may read by invocation.
        await Stack.Publish("""{"entity_id":"published","features":{"f":1}}""");
        await Stack.Becomes("/features/published", Row);
        var invoked = await Stack.IngestSidecar.Read("/v1.0/invoke/feature-api/method/features?entity_id=published");
        Assert.Equal((HttpStatusCode.OK, Row), (invoked.Status, invoked.Features));
    }

    [Fact]
    public async Task Fact_47_an_app_that_invokes_delivers_no_events()
    {
        var forged = await Stack.ApiSidecar.Send(
            HttpMethod.Post, "/v1.0/invoke/feature-ingest/method/events/feature-updates", """{"entries":[{"entryId":"1","event":"eyJlbnRpdHlfaWQiOiJmb3JnZWQiLCJmZWF0dXJlcyI6eyJmIjoxfX0="}]}""");
        Assert.True(forged.Status == HttpStatusCode.Unauthorized, $"{forged.Status}: {forged.Body}\n{Stack.Logs}");
        Assert.Equal(HttpStatusCode.NotFound, (await Stack.Api.Read("/features/forged")).Status);
    }

    [Fact]
    public async Task Fact_48_who_has_the_API_of_a_services_sidecar_passes_for_that_sidecar_and_its_token_keeps_others_from_it()
    {
        // {"entity_id":"self","features":{"f":1}}
        const string delivery = """{"entries":[{"entryId":"1","event":"eyJlbnRpdHlfaWQiOiJzZWxmIiwiZmVhdHVyZXMiOnsiZiI6MX19"}]}""";
        using var stranger = Bare(Stack.IngestSidecar);
        var refused = await stranger.Send(HttpMethod.Post, "/v1.0/invoke/feature-ingest/method/events/feature-updates", delivery);
        Assert.Equal((HttpStatusCode.Unauthorized, "invalid api token"), (refused.Status, refused.Body.Trim()));
        Assert.Equal(HttpStatusCode.NotFound, (await Stack.Api.Read("/features/self")).Status);

        await Wait.UntilAsync(() => FeatureStack.IsOkAsync(Stack.IngestSidecar, "/v1.0/healthz"), "the sidecar to have seen the app");
        // An app that invokes itself is not named to it, so this looks like a delivery.
        var forged = await Stack.IngestSidecar.Send(HttpMethod.Post, "/v1.0/invoke/feature-ingest/method/events/feature-updates", delivery);
        Assert.True(forged.Status == HttpStatusCode.OK, forged.Body);
        Assert.Equal(Row, (await Stack.Api.Read("/features/self")).Features);

        // And all who do so have one limit together, which is nobody else's.
        var replies = await Task.WhenAll(Enumerable.Range(0, 300).Select(_ => Stack.ApiSidecar.Read("/v1.0/invoke/feature-api/method/features?entity_id=nobody")));
        Assert.Contains(replies, reply => reply.Status == HttpStatusCode.TooManyRequests);
        Assert.Equal(HttpStatusCode.NotFound, (await Stack.Api.Read("/features/nobody")).Status);
    }

    [Theory]
    [InlineData(AppToken, HttpStatusCode.NotFound)]
    [InlineData(AppToken + "x", HttpStatusCode.Unauthorized)]
    [InlineData(SidecarToken, HttpStatusCode.Unauthorized)]
    [InlineData("", HttpStatusCode.Unauthorized)]
    public async Task Only_the_right_token_is_the_sidecars(string token, HttpStatusCode expected)
    {
        using var client = Bare(Stack.Api);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/features/nobody");
        request.Headers.TryAddWithoutValidation("dapr-api-token", token);
        using var reply = await client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(expected, reply.StatusCode);
    }

    [Fact]
    public async Task An_app_that_calls_through_the_sidecar_has_a_limit_of_its_own()
    {
        async Task<HttpStatusCode> Ask(string app)
        {
            using var client = Bare(Stack.Api);
            client.DefaultRequestHeaders.Add("dapr-api-token", AppToken);
            client.DefaultRequestHeaders.Add("dapr-caller-app-id", app);
            return (await client.Read("/features/nobody")).Status;
        }

        Assert.Contains(HttpStatusCode.TooManyRequests, await Task.WhenAll(Enumerable.Range(0, 150).Select(_ => Ask("greedy-app"))));
        Assert.Equal(HttpStatusCode.NotFound, await Ask("modest-app"));
    }

    [Fact]
    public async Task Health_is_for_everybody()
    {
        foreach (var service in (HttpClient[])[Stack.Api, Stack.Ingest])
        {
            Assert.Equal(HttpStatusCode.OK, (await SendAsync(service, HttpMethod.Get, "/health/live", null)).Status);
            Assert.Equal(
                """{"status":"Healthy","checks":{"sidecar":{"status":"Healthy"},"statestore":{"status":"Healthy"},"registry":{"status":"Healthy"}}}""",
                (await SendAsync(service, HttpMethod.Get, "/health/ready", null)).Body);
        }
    }

    [Fact]
    public async Task A_caller_beyond_its_limit_is_told_to_wait_and_others_are_not()
    {
        var replies = await Task.WhenAll(Enumerable.Range(0, 150).Select(_ => SendAsync(Stack.Api, HttpMethod.Get, "/features/nobody", GreedyKey)));
        var refused = replies.Where(reply => reply.Status == HttpStatusCode.TooManyRequests).ToList();
        Assert.NotEmpty(refused);
        Assert.All(refused, reply => Assert.Equal("urn:featurestore:too-many-requests", reply.Json.GetProperty("type").GetString()));
        Assert.All(refused, reply => Assert.NotNull(reply.RetryAfter));
        Assert.Equal(HttpStatusCode.NotFound, (await Stack.Api.Read("/features/nobody")).Status);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(Stack.Api, HttpMethod.Get, "/health/live", null)).Status);
        await Wait.UntilAsync(
            async () => (await SendAsync(Stack.Api, HttpMethod.Get, "/features/nobody", GreedyKey)).Status == HttpStatusCode.NotFound, "the limit to be over");
    }

    [Fact]
    public async Task Headers_and_request_lines_have_a_limit()
    {
        using var client = Bare(Stack.Api);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/features/x") { Headers = { { "X-Large", new string('x', 40_000) } } };
        using var reply = await client.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.RequestHeaderFieldsTooLarge, reply.StatusCode);
        Assert.Equal(HttpStatusCode.RequestUriTooLong, (await SendAsync(Stack.Api, HttpMethod.Get, "/features/" + new string('x', 20_000), OperatorKey)).Status);
    }

    [Fact]
    public async Task A_request_that_stalls_is_given_up()
    {
        using var client = new TcpClient();
        await client.ConnectAsync(Stack.Ingest.BaseAddress!.Host, Stack.Ingest.BaseAddress.Port, TestContext.Current.CancellationToken);
        await using var stream = client.GetStream();
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes($"PATCH /features/stalls HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {OperatorKey}\r\nContent-Length: 100\r\n\r\n{{"),
            TestContext.Current.CancellationToken);
        using var reader = new StreamReader(stream);
        Assert.StartsWith("HTTP/1.1 504 ", await reader.ReadLineAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task No_secret_and_no_stack_trace_is_in_an_answer_or_a_log()
    {
        var answers = new StringBuilder();
        foreach (var key in (string?[])[null, ReaderKey, WriterKey, OperatorKey, "fs_planted-wrong", AppToken, SidecarToken])
        {
            foreach (var service in (HttpClient[])[Stack.Api, Stack.Ingest])
            {
                answers.AppendLine((await SendAsync(service, HttpMethod.Get, "/features/%FF", key)).Body);
                answers.AppendLine((await SendAsync(service, HttpMethod.Get, "/nowhere", key)).Body);
                answers.AppendLine((await SendAsync(service, HttpMethod.Patch, "/features/x", key, "{")).Body);
                answers.AppendLine((await SendAsync(service, HttpMethod.Post, "/features", key, "{", "text/plain")).Body);
                answers.AppendLine((await SendAsync(service, HttpMethod.Post, "/events/feature-updates", key, "{")).Body);
                answers.AppendLine((await SendAsync(service, HttpMethod.Get, "/openapi/v1.json", key)).Body);
            }
        }

        // A store that cannot be reached, and a sidecar that refuses the service's token, make for the longest messages.
        Stack.IngestSidecarProcess.Signal("KILL");
        var away = await SendAsync(Stack.Ingest, HttpMethod.Patch, "/features/x", OperatorKey, Row);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, away.Status);
        answers.AppendLine(away.Body);
        Stack.RestartIngestSidecar();
        await Wait.UntilAsync(() => FeatureStack.IsOkAsync(Stack.Ingest, "/health/ready"), "the sidecar to be back");
        // And to have found the app healthy, or it would not be invoked in the next test.
        await Wait.UntilAsync(
            async () => !(await Stack.ApiSidecar.Read("/v1.0/invoke/feature-ingest/method/health/live")).Body.Contains("healthy state", StringComparison.Ordinal), "the app to be invoked again");

        foreach (var text in (string[])[answers.ToString(), Stack.Logs])
        {
            SecretTests.HasNoSecret(text);
        }
    }

    [Theory]
    [InlineData("Access__ApiKeys__0__Sha256", "short", "Sha256")]
    [InlineData("Access__ApiKeys__0__Rights__0", "Sidecar", "Rights")]
    [InlineData("APP_API_TOKEN", "", "APP_API_TOKEN")]
    [InlineData("Limits__RequestsPerSecond", "-1", "RequestsPerSecond")]
    public async Task A_setting_that_would_leave_a_hole_stops_the_start(string name, string value, string expected)
    {
        var environment = new Dictionary<string, string?>(GuardedStack.Settings) { [name] = value, ["urls"] = $"http://127.0.0.1:{FreePort.Next()}" };
        await using var service = ChildProcess.StartProgram("services/feature-api", [], environment);
        Assert.Equal(1, await service.WaitForExitAsync());
        Assert.Contains(expected, service.Output);
        Assert.DoesNotContain("   at ", service.Output);
        Assert.DoesNotContain("planted-", service.Output);
    }

    [Theory]
    [InlineData("services/feature-api", "http://127.0.0.1:8080")]
    [InlineData("services/feature-ingest", "http://127.0.0.1:8081")]
    public async Task Without_urls_a_service_listens_on_loopback_alone_whatever_its_image_says(string project, string address)
    {
        var port = FreePort.Next();
        await using var service = ChildProcess.StartProgram(project, [], new Dictionary<string, string?> { ["ASPNETCORE_HTTP_PORTS"] = $"{port}", ["urls"] = null });
        // Where another program of this machine has that address it says so and ends.
        await Wait.UntilAsync(() => Task.FromResult(service.Output.Contains(address, StringComparison.Ordinal)), $"{project} to name its address");
        Assert.DoesNotContain("[::]", service.Output);
        Assert.DoesNotContain("0.0.0.0", service.Output);
        Assert.DoesNotContain("HTTP_PORTS", service.Output);
        using var client = new TcpClient();
        await Assert.ThrowsAnyAsync<SocketException>(() => client.ConnectAsync("127.0.0.1", port, TestContext.Current.CancellationToken).AsTask());
    }

    private static async Task<Reply> SendAsync(
        HttpClient service, HttpMethod method, string target, string? key, string? body = null, string contentType = "application/json")
    {
        using var client = Bare(service);
        if (key is not null)
        {
            client.DefaultRequestHeaders.Add("Authorization", $"Bearer {key}");
        }

        return await client.Send(method, target, body, contentType);
    }

    private static HttpClient Bare(HttpClient service) => new() { BaseAddress = service.BaseAddress };

    /// <summary>The embedded default, guarded.</summary>
    public sealed class GuardedStack : SharedStack
    {
        private readonly ComponentFolder _components = new(
            "components/local", ("state.db", "{folder}/state.db"), ("events.db", "{folder}/events.db"));

        public static Dictionary<string, string?> Settings { get; } = new(
        [
            new("APP_API_TOKEN", AppToken),
            .. Key(0, "operator", OperatorKey, "Read", "Write"),
            .. Key(1, "reader", ReaderKey, "Read"),
            .. Key(2, "writer", WriterKey, "Write"),
            .. Key(3, "greedy", GreedyKey, "Read"),
            new("Limits__RequestsPerSecond", "5"),
            new("Limits__Burst", "120"),
            new("Limits__RequestTimeout", "00:00:03"),
            new("Logging__LogLevel__Default", "Debug"),
        ]);

        protected override Task<StackOptions?> PrepareAsync() => Task.FromResult<StackOptions?>(new StackOptions
        {
            Components = _components.Path,
            Environment = Settings,
            ApiKey = OperatorKey,
            ApiToken = SidecarToken,
        });

        protected override ValueTask CleanAsync()
        {
            _components.Dispose();
            return ValueTask.CompletedTask;
        }

        private static IEnumerable<KeyValuePair<string, string?>> Key(int number, string name, string key, params string[] rights) =>
        [
            new($"Access__ApiKeys__{number}__Name", name),
            new($"Access__ApiKeys__{number}__Sha256", Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)))),
            .. rights.Select((right, i) => new KeyValuePair<string, string?>($"Access__ApiKeys__{number}__Rights__{i}", right)),
        ];
    }
}
