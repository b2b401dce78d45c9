using System.Globalization;
using System.Net;
using FeatureStore.Harness;
using Xunit;

namespace FeatureStore.SystemTests.Facts;

/// <summary>Facts of what is under way when a sidecar or its store goes.</summary>
public sealed class OutageFacts : IAsyncLifetime
{
    private readonly ComponentFolder _components = new(
        "components", ("value: \"30000\"", "value: \"1000\""), ("value: \"10000\"", "value: \"500\""));

    private RedisServer? _redis;
    private FeatureStack? _stack;

    private FeatureStack Stack => _stack!;

    public async ValueTask InitializeAsync()
    {
        _redis = await RedisServer.StartAsync();
        if (_redis is not null)
        {
            _stack = await FeatureStack.StartAsync(new StackOptions
            {
                Components = _components.Path,
                Environment = new Dictionary<string, string?> { ["REDIS_HOST"] = _redis.Endpoint },
            });
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_stack is not null)
        {
            await _stack.DisposeAsync();
        }

        if (_redis is not null)
        {
            await _redis.DisposeAsync();
        }

        _components.Dispose();
    }

    [Fact]
    public async Task Fact_56_while_the_store_is_away_a_read_by_invocation_is_answered_by_the_service_and_not_cut_off()
    {
        Assert.SkipWhen(_redis is null, RedisServer.Missing);
        const string Target = "/v1.0/invoke/feature-api/method/features?entity_id=fact-56";
        await Stack.Ingest.Patch("/features/fact-56", """{"f":1}""");
        Assert.Equal("""{"f":1}""", (await Stack.ApiSidecar.Read(Target)).Features);

        await _redis.StopAsync();
        await Wait.UntilAsync(async () => (await Stack.Api.Read("/health/ready")).Status == HttpStatusCode.ServiceUnavailable, "the outage to show");
        // Longer than the sidecar needs to find an app unhealthy: three probes, a second apart.
        for (var i = 0; i < 5; i++)
        {
            var read = await Stack.ApiSidecar.Read(Target);
            Assert.Equal((HttpStatusCode.ServiceUnavailable, "application/problem+json"), (read.Status, read.ContentType));
            Assert.NotNull(read.RetryAfter);
            await Task.Delay(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task Fact_64_what_a_sidecar_had_under_way_when_it_was_told_to_stop_is_delivered_later()
    {
        Assert.SkipWhen(_redis is null, RedisServer.Missing);
        var published = 0;
        var stopped = false;
        await Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
        {
            while (!Volatile.Read(ref stopped))
            {
                var n = Interlocked.Increment(ref published);
                var row = string.Create(CultureInfo.InvariantCulture, $"{{\"entity_id\":\"fact-64-{n}\",\"features\":{{\"n\":{n}}}}}");
                try
                {
                    // Published through the other sidecar, which stays.
                    var reply = await Stack.ApiSidecar.Send(HttpMethod.Post, "/v1.0/publish/pubsub/feature-updates", row);
                    Assert.Equal(HttpStatusCode.NoContent, reply.Status);
                }
                finally
                {
                    if (n == 300)
                    {
                        Stack.IngestSidecarProcess.Signal("TERM");
                    }

                    if (n >= 600)
                    {
                        Volatile.Write(ref stopped, true);
                    }
                }
            }
        }));
        await Stack.IngestSidecarProcess.WaitForExitAsync();
        Stack.RestartIngestSidecar();
        for (var n = 1; n <= published; n++)
        {
            await Stack.Becomes($"/features/fact-64-{n}", $"{{\"n\":{n}}}");
        }

        await using var redis = await _redis.ConnectAsync();
        await Wait.UntilAsync(
            async () => (await redis.GetDatabase().StreamPendingAsync("feature-updates", "feature-ingest")).PendingMessageCount == 0,
            "nothing to be left pending");
        Assert.Equal(0, await redis.GetDatabase().StreamLengthAsync("feature-updates-dead-letter"));
    }
}
