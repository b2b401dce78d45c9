using System.Net;
using System.Text;
using FeatureStore.Dapr;
using FeatureStore.Harness;
using Xunit;

namespace FeatureStore.SystemTests;

/// <summary>What the store does, whatever it keeps its data in: one scenario for every backend.</summary>
public abstract class ScenarioTests
{
    private readonly FeatureStack _stack;

    protected ScenarioTests(SharedStack shared)
    {
        Assert.SkipWhen(shared.SkipReason is not null, shared.SkipReason ?? "");
        _stack = shared.Stack;
    }

    public static TheoryData<string> ExactTexts =>
    [
        "1.0", "1e400", "-0", "9007199254740993", "0.1000000000000000055511151231257827", "\"42\"", "null", "true", "{}", "[]",
        "{ \"b\" : [ 1.0 , {\"a\":null} ] }", "\"\\u0041 \\\" \\/\"", "\"😀\"", "\"ü\"",
    ];

    public static TheoryData<string> AwkwardIds => ["a/b", "a||b", "ü", "%2F", "%252F", "a b", "a+b", "?x=1&y=2#z", "😀", "a\\b", ".", "..", "{id}", "\"quoted\""];

    [Fact]
    public async Task What_is_patched_is_read()
    {
        var write = await _stack.Ingest.Patch("/features/123", """{"user_age":"42","country":"TR"}""");
        Assert.Equal(HttpStatusCode.OK, write.Status);
        Assert.Equal("applied", write.Json.GetProperty("outcome").GetString());

        var read = await _stack.Api.Read("/features/123");
        Assert.Equal("""{"entity_id":"123","features":{"country":"TR","user_age":"42"}}""", read.Body);
        Assert.Equal("application/json", read.ContentType);

        await _stack.Ingest.Patch("/features/123", """{"country":"DE"}""");
        Assert.Equal("""{"country":"DE","user_age":"42"}""", (await _stack.Api.Read("/features?entity_id=123")).Features);
    }

    [Fact]
    public async Task A_missing_entity_is_a_problem_and_never_invented()
    {
        var read = await _stack.Api.Read("/features/nobody");
        Assert.Equal((HttpStatusCode.NotFound, "application/problem+json"), (read.Status, read.ContentType));
        Assert.Equal("urn:featurestore:not-found", read.Json.GetProperty("type").GetString());
        Assert.Equal(HttpStatusCode.NotFound, (await _stack.Api.Read("/features/nobody?metadata=true")).Status);
    }

    [Theory]
    [MemberData(nameof(ExactTexts))]
    public async Task A_value_keeps_its_text_through_HTTP(string value)
    {
        Assert.Equal(HttpStatusCode.OK, (await _stack.Ingest.Patch("/features/exact-http", $"{{\"f\":{value}}}")).Status);
        Assert.Equal($"{{\"f\":{value}}}", (await _stack.Api.Read("/features/exact-http")).Features);
    }

    [Theory]
    [MemberData(nameof(ExactTexts))]
    public async Task A_value_keeps_its_text_through_an_event(string value)
    {
        var id = "exact-event-" + Convert.ToHexString(Encoding.UTF8.GetBytes(value));
        await _stack.Publish($"{{\"entity_id\":\"{id}\",\"features\":{{\"f\":{value}}}}}", "?metadata.rawPayload=true");
        await _stack.Becomes($"/features/{id}", $"{{\"f\":{value}}}");

        // A sidecar that wraps an event in a CloudEvent writes its JSON anew, without blanks and needless escapes; the
        // digits of numbers stay.
        var wrapped = value switch
        {
            "{ \"b\" : [ 1.0 , {\"a\":null} ] }" => "{\"b\":[1.0,{\"a\":null}]}",
            "\"\\u0041 \\\" \\/\"" => "\"A \\\" /\"",
            _ => value,
        };
        await _stack.Publish($"{{\"entity_id\":\"{id}-wrapped\",\"features\":{{\"f\":{value}}}}}");
        await _stack.Becomes($"/features/{id}-wrapped", $"{{\"f\":{wrapped}}}");
    }

    [Fact]
    public async Task A_string_of_900_KiB_goes_in_and_comes_out_by_HTTP_and_by_event()
    {
        var text = "\"" + new string('x', 900 * 1024) + "\"";
        Assert.Equal(HttpStatusCode.OK, (await _stack.Ingest.Patch("/features/large", $"{{\"f\":{text}}}")).Status);
        Assert.Equal($"{{\"f\":{text}}}", (await _stack.Api.Read("/features/large")).Features);

        await _stack.Publish($"{{\"entity_id\":\"large-event\",\"features\":{{\"f\":{text}}}}}");
        await _stack.Becomes("/features/large-event", $"{{\"f\":{text}}}");
    }

    [Fact]
    public async Task What_would_not_fit_is_refused_and_changes_nothing()
    {
        var half = new string('x', 600 * 1024);
        Assert.Equal(HttpStatusCode.OK, (await _stack.Ingest.Patch("/features/full", $"{{\"a\":\"{half}\"}}")).Status);
        var over = await _stack.Ingest.Patch("/features/full", $"{{\"b\":\"{half}\"}}");
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, over.Status);
        Assert.Equal($"{{\"a\":\"{half}\"}}", (await _stack.Api.Read("/features/full")).Features);
        Assert.Equal(HttpStatusCode.OK, (await _stack.Ingest.Patch("/features/full", """{"a":1}""")).Status);
    }

    [Theory]
    [MemberData(nameof(AwkwardIds))]
    public async Task Fact_18_an_awkward_id_is_one_entity_by_path_query_row_and_invocation(string id)
    {
        var encoded = Uri.EscapeDataString(id);
        var view = "ids_" + Convert.ToHexStringLower(Encoding.UTF8.GetBytes(id));
        await _stack.Ingest.Patch($"/features?entity_id={encoded}&view={view}", """{"by":"query"}""");
        if (id.Trim('.').Length > 0)
        {
            // A path of dots means another path to every client and server; such ids go in the query.
            Assert.Equal("""{"by":"query"}""", (await _stack.Api.Read($"/features/{encoded}?view={view}")).Features);
            await _stack.Ingest.Patch($"/features/{encoded}?view={view}", """{"path":1}""");
        }

        var row = System.Text.Json.JsonSerializer.Serialize(new { view, entity_id = id, features = new { by = "row" } });
        await _stack.Ingest.PostLines(row);
        var invoked = await _stack.ApiSidecar.Send(
            HttpMethod.Patch, $"/v1.0/invoke/feature-ingest/method/features?entity_id={encoded}&view={view}", """{"invoked":1}""");
        Assert.Equal(HttpStatusCode.OK, invoked.Status);

        var read = await _stack.ApiSidecar.Read($"/v1.0/invoke/feature-api/method/features?entity_id={encoded}&view={view}");
        Assert.Equal(id, read.Json.GetProperty("entity_id").GetString());
        Assert.Equal(id.Trim('.').Length > 0 ? """{"by":"row","invoked":1,"path":1}""" : """{"by":"row","invoked":1}""", read.Features);
    }

    [Fact]
    public async Task Ids_that_look_alike_are_different_entities()
    {
        foreach (var id in AwkwardIds)
        {
            await _stack.Ingest.Patch($"/features?view=alike&entity_id={Uri.EscapeDataString(id.Data)}", $"{{\"id\":{System.Text.Json.JsonSerializer.Serialize(id.Data)}}}");
        }

        foreach (var id in AwkwardIds)
        {
            var read = await _stack.Api.Read($"/features?view=alike&entity_id={Uri.EscapeDataString(id.Data)}");
            Assert.Equal(id.Data, read.Json.GetProperty("features").GetProperty("id").GetString());
        }
    }

    [Fact]
    public async Task Ids_are_refused_clearly_when_empty_too_long_or_not_text()
    {
        var longest = new string('k', 1024 - "default/".Length);
        Assert.Equal(HttpStatusCode.OK, (await _stack.Ingest.Patch($"/features/{longest}", """{"a":1}""")).Status);
        Assert.Equal("""{"a":1}""", (await _stack.Api.Read($"/features/{longest}")).Features);

        foreach (var client in new[] { _stack.Ingest, _stack.Api })
        {
            var method = client == _stack.Api ? HttpMethod.Get : HttpMethod.Delete;
            Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await client.Send(method, $"/features/{longest}k", null)).Status);
            Assert.Equal(HttpStatusCode.BadRequest, (await client.Send(method, "/features?entity_id=", null)).Status);
            Assert.Equal(HttpStatusCode.BadRequest, (await client.Send(method, "/features", null)).Status);
            Assert.Equal(HttpStatusCode.BadRequest, (await client.Send(method, "/features/", null)).Status);
            Assert.Equal(HttpStatusCode.BadRequest, (await client.Send(method, "/features/%FF", null)).Status);
            Assert.Equal(HttpStatusCode.BadRequest, (await client.Send(method, "/features?entity_id=%C3", null)).Status);
            Assert.Equal(HttpStatusCode.BadRequest, (await client.Send(method, "/features/a/b", null)).Status);
        }
    }

    [Fact]
    public async Task A_composite_id_is_its_keys_in_order()
    {
        await _stack.Ingest.Patch("/features?view=pairs&entity_id=a&entity_id=b%2Fc", """{"x":1}""");
        await _stack.Ingest.PostLines("""{"view":"pairs","keys":["a","b/c"],"features":{"y":2}}""");
        var read = await _stack.Api.Read("/features?view=pairs&entity_id=a&entity_id=b%2Fc");
        Assert.Equal("""{"keys":["a","b/c"],"features":{"x":1,"y":2}}""", read.Body);
        Assert.Equal(HttpStatusCode.NotFound, (await _stack.Api.Read("/features?view=pairs&entity_id=b%2Fc&entity_id=a")).Status);
    }

    [Fact]
    public async Task An_expired_feature_is_not_served_and_a_later_write_without_ttl_is_permanent_for_what_it_names()
    {
        await _stack.Ingest.Patch("/features/brief?ttl_seconds=3600", """{"a":1,"b":1}""");
        var expiring = await _stack.Ingest.Patch("/features/brief?ttl_seconds=1", """{"a":2,"c":2}""");
        var expiry = expiring.Json.GetProperty("event_timestamp").GetDateTimeOffset().AddSeconds(1);

        // Served until its expiry and not from then on: what was read is held against the moment at which it was asked for.
        for (var live = true; live;)
        {
            var before = DateTimeOffset.UtcNow;
            var read = await _stack.Api.Read("/features/brief");
            live = read.Json.GetProperty("features").TryGetProperty("c", out _);
            Assert.False(live && before >= expiry, $"served at {before:O}, expired at {expiry:O}");
            Assert.False(!live && DateTimeOffset.UtcNow < expiry, "no longer served before its expiry");
        }

        // The expired value of `a` was the newer one: the older one does not come back.
        Assert.Equal("""{"b":1}""", (await _stack.Api.Read("/features/brief")).Features);
        var known = (await _stack.Api.Read("/features/brief?metadata=true")).Json.GetProperty("metadata");
        Assert.Equal("OUTSIDE_MAX_AGE", known.GetProperty("a").GetProperty("status").GetString());
        Assert.Equal("PRESENT", known.GetProperty("b").GetProperty("status").GetString());

        await _stack.Ingest.Patch("/features/brief", """{"a":3}""");
        var after = (await _stack.Api.Read("/features/brief?metadata=true")).Json;
        Assert.Equal("""{"a":3,"b":1}""", after.GetProperty("features").GetRawText());
        Assert.Equal(System.Text.Json.JsonValueKind.Null, after.GetProperty("metadata").GetProperty("a").GetProperty("expires_at").ValueKind);
        Assert.Equal(System.Text.Json.JsonValueKind.String, after.GetProperty("metadata").GetProperty("b").GetProperty("expires_at").ValueKind);
    }

    [Fact]
    public async Task Replacing_and_deleting_remove_what_is_older_for_good()
    {
        await _stack.Ingest.Patch("/features/gone", """{"a":1,"b":1}""");
        await _stack.Ingest.Put("/features/gone", """{"b":2,"c":2}""");
        Assert.Equal("""{"b":2,"c":2}""", (await _stack.Api.Read("/features/gone")).Features);

        await _stack.Ingest.Delete("/features/gone?feature=c");
        Assert.Equal("""{"b":2}""", (await _stack.Api.Read("/features/gone")).Features);

        await _stack.Ingest.Delete("/features/gone");
        Assert.Equal(HttpStatusCode.NotFound, (await _stack.Api.Read("/features/gone")).Status);

        var late = await _stack.Ingest.Patch("/features/gone?event_timestamp=2020-01-01T00:00:00Z", """{"b":0}""");
        Assert.Equal("superseded", late.Json.GetProperty("outcome").GetString());
        Assert.Equal(HttpStatusCode.NotFound, (await _stack.Api.Read("/features/gone")).Status);

        await _stack.Ingest.Patch("/features/gone", """{"b":3}""");
        Assert.Equal("""{"b":3}""", (await _stack.Api.Read("/features/gone")).Features);
    }

    [Fact]
    public async Task Rows_in_any_order_end_in_the_same_state()
    {
        await _stack.Ingest.PostLines(
            """
            {"entity_id":"order","event_timestamp":"2026-01-03T00:00:00Z","features":{"a":3}}
            {"entity_id":"order","event_timestamp":"2026-01-01T00:00:00Z","features":{"a":1,"b":1}}
            {"entity_id":"order","event_timestamp":"2026-01-02T00:00:00Z","op":"replace","features":{"c":2}}
            """);
        Assert.Equal("""{"a":3,"c":2}""", (await _stack.Api.Read("/features/order")).Features);
    }

    [Fact]
    public async Task A_reply_can_be_narrowed_to_features_and_span_views()
    {
        await _stack.Ingest.Patch("/features/wide?view=weather", """{"temp":39.0,"wind":8,"gust":null}""");
        await _stack.Ingest.Patch("/features/wide?view=traffic", """{"temp":1,"cars":5}""");
        Assert.Equal("""{"wind":8,"gust":null}""", (await _stack.Api.Read("/features/wide?view=weather&feature=wind,gust,absent")).Features);
        Assert.Equal(
            """{"gust":null,"weather__temp":39.0,"wind":8,"cars":5,"traffic__temp":1}""",
            (await _stack.Api.Read("/features/wide?view=weather,traffic")).Features);
        Assert.Equal(
            """{"weather__temp":39.0,"traffic__temp":1}""",
            (await _stack.Api.Read("/features/wide?view=weather,traffic&feature=temp")).Features);
        await _stack.Ingest.Patch("/features/named?view=weather", """{"weather__x":1}""");
        Assert.Equal(HttpStatusCode.NotFound, (await _stack.Api.Read("/features/named?view=weather&feature=x")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await _stack.Api.Read("/features/wide?view=weather&feature=absent")).Status);
        var known = (await _stack.Api.Read("/features/wide?view=weather&feature=gust,absent&metadata=true")).Json.GetProperty("metadata");
        Assert.Equal("NULL_VALUE", known.GetProperty("gust").GetProperty("status").GetString());
        Assert.Equal("NOT_FOUND", known.GetProperty("absent").GetProperty("status").GetString());
    }

    [Fact]
    public async Task Good_lines_go_in_and_bad_ones_are_named()
    {
        var long_line = "{\"entity_id\":\"l5\",\"features\":{\"f\":\"" + new string('x', 20 * 1024 * 1024) + "\"}}";
        var reply = await _stack.Ingest.PostLines(
            "\uFEFF{\"entity_id\":\"l1\",\"features\":{\"f\":1}}\r\n\r\nnot json\n{\"features\":{\"f\":1}}\n" + long_line
            + "\n{\"entity_id\":\"l6\",\"features\":{\"f\":NaN}}\n{\"entity_id\":\"l7\",\"features\":{\"f\":7}}");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, reply.Status);
        Assert.Equal((2, 4, 0), (reply.Json.GetProperty("applied").GetInt32(), reply.Json.GetProperty("rejected").GetInt32(), reply.Json.GetProperty("failed").GetInt32()));
        Assert.Equal([3, 4, 5, 6], reply.Json.GetProperty("errors").EnumerateArray().Select(error => error.GetProperty("line").GetInt32()));
        Assert.Equal("""{"f":1}""", (await _stack.Api.Read("/features/l1")).Features);
        Assert.Equal("""{"f":7}""", (await _stack.Api.Read("/features/l7")).Features);
    }

    [Fact]
    public async Task A_stream_that_breaks_off_keeps_the_whole_lines_before_the_break()
    {
        using var connection = new System.Net.Sockets.TcpClient();
        await connection.ConnectAsync(_stack.Ingest.BaseAddress!.Host, _stack.Ingest.BaseAddress.Port, TestContext.Current.CancellationToken);
        var stream = connection.GetStream();
        await stream.WriteAsync(
            "POST /features HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\nContent-Length: 1000\r\n\r\n{\"entity_id\":\"torn-1\",\"features\":{\"f\":1}}\n"u8.ToArray(),
            TestContext.Current.CancellationToken);
        await _stack.Becomes("/features/torn-1", """{"f":1}""");

        // The line without an end may be half of one: it is not taken for a row.
        await stream.WriteAsync("{\"entity_id\":\"torn-2\",\"features\":{\"f\":1}}"u8.ToArray(), TestContext.Current.CancellationToken);
        connection.Close();
        await _stack.Ingest.Patch("/features/torn-3", """{"f":1}""");
        Assert.Equal("""{"f":1}""", (await _stack.Api.Read("/features/torn-3")).Features);
        Assert.Equal(HttpStatusCode.NotFound, (await _stack.Api.Read("/features/torn-2")).Status);
    }

    [Fact]
    public async Task An_array_that_is_no_json_stores_nothing_and_one_with_a_bad_row_stores_the_others()
    {
        var torn = await _stack.Ingest.Send(HttpMethod.Post, "/features", """[{"entity_id":"t1","features":{"f":1}},{"entity_id":""");
        Assert.Equal(HttpStatusCode.BadRequest, torn.Status);
        Assert.Equal(HttpStatusCode.NotFound, (await _stack.Api.Read("/features/t1")).Status);

        var mixed = await _stack.Ingest.Send(
            HttpMethod.Post, "/features", """[{"entity_id":"t2","features":{"f":2}},{"entity_id":"t3"},{"entity_id":"t4","features":{"f":4}}]""");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, mixed.Status);
        Assert.Equal(2, mixed.Json.GetProperty("errors")[0].GetProperty("element").GetInt32());
        Assert.Equal("""{"f":4}""", (await _stack.Api.Read("/features/t4")).Features);
    }

    [Fact]
    public async Task Rows_of_one_bulk_request_without_stamps_keep_their_order()
    {
        var lines = Enumerable.Range(0, 500).Select(i => $"{{\"entity_id\":\"seq-{i % 5}\",\"features\":{{\"n\":{i}}}}}");
        var reply = await _stack.Ingest.PostLines(string.Join('\n', lines));
        Assert.Equal(500, reply.Json.GetProperty("applied").GetInt32());
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal($"{{\"n\":{495 + i}}}", (await _stack.Api.Read($"/features/seq-{i}")).Features);
        }
    }

    [Fact]
    public async Task Events_of_every_shape_arrive()
    {
        await _stack.Publish("""{"entity_id":"ev-one","features":{"f":1.0}}""");
        await _stack.Publish("""[{"entity_id":"ev-two","features":{"f":9007199254740993}},{"entity_id":"ev-three","features":{"f":3}}]""");
        await _stack.Publish("""{"entity_id":"ev-raw","features":{"f":1.0}}""", "?metadata.rawPayload=true");
        await _stack.Publish("""{"entity_id":"ev-text","features":{"f":1.0}}""", contentType: "text/plain");
        await _stack.Publish(
            """{"specversion":"1.0","id":"mine","source":"me","type":"row","time":"2026-01-02T03:04:05Z","datacontenttype":"application/json","data":{"entity_id":"ev-ce","features":{"f":1.0}}}""",
            contentType: "application/cloudevents+json");
        await _stack.Becomes("/features/ev-one", """{"f":1.0}""");
        await _stack.Becomes("/features/ev-two", """{"f":9007199254740993}""");
        await _stack.Becomes("/features/ev-three", """{"f":3}""");
        await _stack.Becomes("/features/ev-raw", """{"f":1.0}""");
        await _stack.Becomes("/features/ev-text", """{"f":1.0}""");
        await _stack.Becomes("/features/ev-ce", """{"f":1.0}""");
        var known = (await _stack.Api.Read("/features/ev-ce?metadata=true")).Json.GetProperty("metadata").GetProperty("f");
        Assert.Equal("2026-01-02T03:04:05Z", known.GetProperty("event_timestamp").GetString());
        Assert.Equal("2026-01-02T03:04:05Z", known.GetProperty("created_timestamp").GetString());
    }

    [Fact]
    public async Task Fact_32_events_published_by_gRPC_arrive_with_every_digit()
    {
        using var connection = new SidecarConnection(new SidecarOptions
        {
            GrpcEndpoint = _stack.IngestSidecarGrpc,
            ApiToken = _stack.ApiToken,
            // What is tested is the digits, not how busy the machine is.
            PublishTimeout = TimeSpan.FromMinutes(1),
        });
        var events = Enumerable.Range(0, 250)
            .Select(i => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes($"{{\"entity_id\":\"grpc-{i}\",\"features\":{{\"f\":9007199254740993,\"g\":1.0,\"i\":{i}}}}}"))
            .ToList();
        await new EventPublisher(connection, TimeProvider.System).PublishAsync("pubsub", "feature-updates", events, TestContext.Current.CancellationToken);
        for (var i = 0; i < 250; i += 83)
        {
            await _stack.Becomes($"/features/grpc-{i}", $"{{\"f\":9007199254740993,\"g\":1.0,\"i\":{i}}}");
        }

        await Assert.ThrowsAsync<PublishException>(() => new EventPublisher(
            new SidecarConnection(new SidecarOptions { GrpcEndpoint = _stack.IngestSidecarGrpc, ApiToken = _stack.ApiToken }), TimeProvider.System)
            .PublishAsync("nosuch", "feature-updates", events, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_bad_event_holds_up_no_other()
    {
        await _stack.Publish("\"no row\"");
        await _stack.Publish("""[{"entity_id":"mixed-good","features":{"f":1}},{"entity_id":"mixed-bad"}]""");
        await _stack.Publish("""{"entity_id":"after-bad","features":{"f":1}}""");
        await _stack.Becomes("/features/after-bad", """{"f":1}""");
        await _stack.Becomes("/features/mixed-good", """{"f":1}""");
    }

    [Theory]
    [InlineData("PATCH", "/features/x", "[1]", 400)]
    [InlineData("PATCH", "/features/x", "{\"a\":1", 400)]
    [InlineData("PATCH", "/features/x", "", 400)]
    [InlineData("PATCH", "/features/x", "{\"a\":NaN}", 400)]
    [InlineData("PATCH", "/features/x", "{\"a\":1,\"a\":2}", 400)]
    [InlineData("PATCH", "/features/x", "{}", 422)]
    [InlineData("PATCH", "/features/x?event_timestamp=2999-01-01T00:00:00Z", "{\"a\":1}", 422)]
    [InlineData("PATCH", "/features/x?event_timestamp={in an hour}", "{\"a\":1}", 422)]
    [InlineData("PATCH", "/features/x?event_timestamp=yesterday", "{\"a\":1}", 400)]
    [InlineData("PATCH", "/features/x?view=No%20View", "{\"a\":1}", 422)]
    [InlineData("PATCH", "/features/x?veiw=v", "{\"a\":1}", 400)]
    [InlineData("PATCH", "/features/x?ttl_seconds=never", "{\"a\":1}", 422)]
    [InlineData("PATCH", "/features/x?view=a&view=b", "{\"a\":1}", 400)]
    [InlineData("PATCH", "/features/x?entity_id=y", "{\"a\":1}", 400)]
    [InlineData("POST", "/features?view=v", "[]", 400)]
    [InlineData("POST", "/features", "[1,2]", 422)]
    [InlineData("POST", "/features", "[{\"entity_id\":\"a\",\"\\ud800\":1,\"features\":{\"x\":1}}]", 422)]
    [InlineData("POST", "/features/x", "{}", 405)]
    [InlineData("DELETE", "/features/x?feature*=a", null, 400)]
    [InlineData("DELETE", "/features/x", "{\"features\":[\"a\"]}", 400)]
    [InlineData("PATCH", "/./features/x", "{\"a\":1}", 400)]
    [InlineData("PATCH", "/nowhere", "{}", 404)]
    public async Task Bad_input_is_a_problem_that_says_so(string method, string target, string? body, int status)
    {
        var inAnHour = DateTimeOffset.UtcNow.AddHours(1).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
        var reply = await _stack.Ingest.Send(
            HttpMethod.Parse(method), target.Replace("{in an hour}", inAnHour, StringComparison.Ordinal), body);
        Assert.Equal((status, "application/problem+json"), ((int)reply.Status, reply.ContentType));
        Assert.StartsWith("urn:featurestore:", reply.Json.GetProperty("type").GetString(), StringComparison.Ordinal);
        Assert.Equal(status, reply.Json.GetProperty("status").GetInt32());
        Assert.Equal(HttpStatusCode.NotFound, (await _stack.Api.Read("/features/x")).Status);
    }

    [Fact]
    public async Task Every_fault_of_a_request_is_listed()
    {
        var reply = await _stack.Ingest.Patch("/features/x?view=NO&ttl_seconds=0&event_timestamp=x&veiw=1", """{"a":1,"a":2,"":3}""");
        Assert.Equal(
            ["", "a", "event_timestamp", "ttl_seconds", "veiw", "view"],
            reply.Json.GetProperty("errors").EnumerateArray()
                .Select(error => error.TryGetProperty("member", out var member) ? member.GetString()! : "").Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("/features/x?metadata=maybe", 400)]
    [InlineData("/features/x?view=", 422)]
    [InlineData("/features/x?service=s", 404)]
    [InlineData("/features/x?feature=", 422)]
    public async Task Bad_questions_are_problems(string target, int status) =>
        Assert.Equal(status, (int)(await _stack.Api.Read(target)).Status);

    [Fact]
    public async Task Other_content_types_and_oversized_bodies_are_refused()
    {
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, (await _stack.Ingest.Send(HttpMethod.Patch, "/features/x", "a: 1", "application/yaml")).Status);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, (await _stack.Ingest.Send(HttpMethod.Post, "/features", "a,b", "text/csv")).Status);
        var reply = await _stack.Ingest.Patch("/features/x", "{\"a\":\"" + new string('x', 3 * 1024 * 1024) + "\"}");
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, reply.Status);
    }

    [Fact]
    public async Task Both_services_say_that_they_live_and_are_ready_and_describe_themselves()
    {
        foreach (var client in new[] { _stack.Api, _stack.Ingest })
        {
            Assert.Equal(HttpStatusCode.OK, (await client.Read("/health/live")).Status);
            var ready = await client.Read("/health/ready");
            Assert.Equal("Healthy", ready.Json.GetProperty("checks").GetProperty("statestore").GetProperty("status").GetString());
            var described = (await client.Read("/openapi/v1.json")).Json.GetProperty("paths");
            Assert.True(described.TryGetProperty("/features/{entity_id}", out _));
        }
    }
}

public sealed class SqliteScenarioTests(SqliteStack stack) : ScenarioTests(stack), IClassFixture<SqliteStack>;

public sealed class InMemoryScenarioTests(InMemoryStack stack) : ScenarioTests(stack), IClassFixture<InMemoryStack>;

public sealed class RedisScenarioTests(RedisStack stack) : ScenarioTests(stack), IClassFixture<RedisStack>;
