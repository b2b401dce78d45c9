using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using FeatureStore.Harness;
using Xunit;

namespace FeatureStore.SystemTests.Facts;

/// <summary>Facts of service invocation, seen by an app that calls the services through a sidecar.</summary>
[Collection(FactStacks.Redis)]
public sealed class InvocationFacts(RedisStack shared) : RedisFacts(shared)
{
    private const string Api = "/v1.0/invoke/feature-api/method";
    private const string Ingest = "/v1.0/invoke/feature-ingest/method";

    [Theory]
    [InlineData("GET", "/features?entity_id=fact-46", null, 200)]
    [InlineData("GET", "/features?entity_id=fact-46-absent", null, 404)]
    [InlineData("GET", "/features?entity_id=", null, 400)]
    [InlineData("GET", "/features?entity_id=fact-46&metadata=maybe", null, 400)]
    [InlineData("DELETE", "/features?entity_id=fact-46", null, 405)]
    public async Task Fact_46_an_answer_is_the_same_by_invocation(string method, string target, string? body, int status)
    {
        await Stack.Ingest.Patch("/features/fact-46", """{"f":1.0,"big":9007199254740993}""");
        var direct = await Stack.Api.Send(HttpMethod.Parse(method), target, body);
        var invoked = await Stack.ApiSidecar.Send(HttpMethod.Parse(method), Api + target, body);
        Assert.Equal(status, (int)direct.Status);
        Assert.Equal(direct, invoked);
    }

    [Theory]
    [InlineData("{\"f\":1}", "", 200)]
    [InlineData("{\"f\":1", "", 400)]
    [InlineData("{}", "", 422)]
    [InlineData("{\"f\":1}", "&ttl_seconds=-1", 422)]
    public async Task Fact_46_a_write_by_invocation_is_answered_as_itself(string body, string query, int status)
    {
        var invoked = await Stack.ApiSidecar.Send(HttpMethod.Patch, $"{Ingest}/features?entity_id=fact-46-write{query}", body);
        Assert.Equal((status, status == 200 ? "application/json" : "application/problem+json"), ((int)invoked.Status, invoked.ContentType));
    }

    [Fact]
    public async Task Fact_49_an_escaped_path_reaches_no_other_entity_and_the_query_reaches_the_right_one()
    {
        foreach (var id in new[] { "a", "b", "a/b", "a?b" })
        {
            await Stack.Ingest.Patch($"/features?view=fact_49&entity_id={Uri.EscapeDataString(id)}", $"{{\"id\":\"{id}\"}}");
        }

        foreach (var id in new[] { "a/b", "a?b" })
        {
            var path = await Stack.ApiSidecar.Read($"{Api}/features/{Uri.EscapeDataString(id)}?view=fact_49");
            Assert.NotEqual(HttpStatusCode.OK, path.Status);
            var query = await Stack.ApiSidecar.Read($"{Api}/features?view=fact_49&entity_id={Uri.EscapeDataString(id)}");
            Assert.Equal($"{{\"id\":\"{id}\"}}", query.Features);
        }
    }

    [Fact]
    public async Task Fact_49_a_body_that_is_cut_at_4_MiB_is_no_success_and_stores_whole_rows_only()
    {
        var text = new string('x', 600 * 1024);
        var lines = string.Join('\n', Enumerable.Range(0, 10).Select(i => $"{{\"entity_id\":\"fact-49-{i}\",\"features\":{{\"f\":\"{text}\"}}}}"));
        var cut = await Stack.ApiSidecar.Send(HttpMethod.Post, $"{Ingest}/features", lines, "application/x-ndjson");
        Assert.Equal(HttpStatusCode.InternalServerError, cut.Status);
        for (var i = 0; i < 10; i++)
        {
            var read = await Stack.Api.Read($"/features/fact-49-{i}");
            Assert.True(read.Status == HttpStatusCode.NotFound || read.Features == $"{{\"f\":\"{text}\"}}", $"fact-49-{i} is torn");
        }

        var direct = await Stack.Ingest.PostLines(lines);
        Assert.Equal(10, direct.Json.GetProperty("applied").GetInt32() + direct.Json.GetProperty("superseded").GetInt32());
        Assert.Equal($"{{\"f\":\"{text}\"}}", (await Stack.Api.Read("/features/fact-49-9")).Features);
    }

    [Theory]
    [InlineData("PATCH", "/features/fact-49-cut", "application/json", "{\"f\":1}  ")]
    [InlineData("PATCH", "/features/fact-49-cut", "application/json", "{\"f\":1}")]
    [InlineData("POST", "/features", "application/json", "[{\"entity_id\":\"fact-49-cut\",\"features\":{\"f\":1}}]  ")]
    [InlineData("POST", "/features", "application/json", "[{\"entity_id\":\"fact-49-cut\",\"features\":{\"f\":1}}]")]
    [InlineData("POST", "/features", "application/x-ndjson", "{\"entity_id\":\"fact-49-whole\",\"features\":{\"f\":1}}\n{\"entity_id\":\"fact-49-cut\",\"features\":{\"f\":1}}")]
    [InlineData("POST", "/features", "application/x-ndjson", "{\"entity_id\":\"fact-49-whole\",\"features\":{\"f\":1}}\n{\"entity_id\":\"fact-49-whole\",\"features\":{\"f\":1}}\n")]
    public async Task Fact_49_a_body_that_ends_early_is_no_success_at_the_service_itself(string method, string target, string contentType, string body)
    {
        // What a sidecar that cuts a body leaves of it: a byte less than was announced, and no last chunk.
        string[] requests =
        [
            $"Content-Length: {body.Length}\r\n\r\n{body[..^1]}",
            $"Transfer-Encoding: chunked\r\n\r\n{body.Length:x}\r\n{body[..^1]}",
            $"Transfer-Encoding: chunked\r\n\r\n{body.Length - 1:x}\r\n{body[..^1]}\r\n",
        ];
        foreach (var request in requests)
        {
            using var client = new TcpClient();
            await client.ConnectAsync(Stack.Ingest.BaseAddress!.Host, Stack.Ingest.BaseAddress.Port, TestContext.Current.CancellationToken);
            await using var stream = client.GetStream();
            await stream.WriteAsync(
                Encoding.UTF8.GetBytes($"{method} {target} HTTP/1.1\r\nHost: x\r\nContent-Type: {contentType}\r\n{request}"), TestContext.Current.CancellationToken);
            client.Client.Shutdown(SocketShutdown.Send);
            using var reader = new StreamReader(stream);
            string? status = null;
            try
            {
                status = await reader.ReadLineAsync(TestContext.Current.CancellationToken);
            }
            catch (IOException)
            {
                // Reset: no answer is no success, either.
            }

            Assert.False(status?.StartsWith("HTTP/1.1 2", StringComparison.Ordinal) ?? false, $"{request}: {status}");
        }

        Assert.Equal(HttpStatusCode.NotFound, (await Stack.Api.Read("/features/fact-49-cut")).Status);
        Assert.True(await Stack.Api.Read("/features/fact-49-whole") is var whole && (whole.Status == HttpStatusCode.NotFound || whole.Features == """{"f":1}"""));
    }

    [Fact]
    public async Task Fact_50_the_services_addresses_are_none_of_Daprs_and_so_go_by_header_too()
    {
        await Stack.Ingest.Patch("/features/fact-50", """{"f":1.0}""");
        using var request = new HttpRequestMessage(HttpMethod.Get, "/features?entity_id=fact-50");
        request.Headers.Add("dapr-app-id", "feature-api");
        using var reply = await Stack.ApiSidecar.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(
            """{"entity_id":"fact-50","features":{"f":1.0}}""", await reply.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Fact_51_lines_that_come_in_chunks_by_invocation_all_go_in()
    {
        using var content = new StreamContent(new TrickleStream(Enumerable.Range(0, 40)
            .Select(i => Encoding.UTF8.GetBytes($"{{\"entity_id\":\"fact-51-{i}\",\"features\":{{\"f\":{i}}}}}\n"))));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{Ingest}/features") { Content = content };
        request.Headers.TransferEncodingChunked = true;
        using var reply = await Stack.ApiSidecar.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Contains("\"applied\":40", await reply.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Equal("""{"f":39}""", (await Stack.Api.Read("/features/fact-51-39")).Features);
    }

    /// <summary>Gives one chunk a read, with a pause before each.</summary>
    private sealed class TrickleStream(IEnumerable<byte[]> chunks) : Stream
    {
        private readonly Queue<byte[]> _chunks = new(chunks);

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (!_chunks.TryDequeue(out var chunk))
            {
                return 0;
            }

            await Task.Delay(5, cancellationToken);
            chunk.CopyTo(buffer);
            return chunk.Length;
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
