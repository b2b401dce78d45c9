using System.Net;
using FeatureStore.Harness;
using Xunit;

namespace FeatureStore.SystemTests.Facts;

/// <summary>Facts of how a sidecar starts, and of what it starts without.</summary>
public sealed class RuntimeFacts : IAsyncLifetime
{
    private readonly ComponentFolder _components = new(
        "components/local", ("state.db", "{folder}/state.db"), ("events.db", "{folder}/events.db"));

    private readonly LoneProcesses _processes = new();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _processes.DisposeAsync();
        _components.Dispose();
    }

    [Fact]
    public async Task Fact_54_a_service_is_ready_although_its_sidecar_says_500_until_it_has_seen_the_app()
    {
        // The sidecar looks for the app where nothing listens, as it does while the app starts.
        var sidecar = _processes.StartSidecar(_components.Path);
        var service = _processes.StartService("services/feature-ingest", FreePort.Next());
        await Wait.UntilAsync(() => FeatureStack.IsOkAsync(service, "/health/ready"), "the service to be ready");
        Assert.Equal(HttpStatusCode.InternalServerError, (await sidecar.Read("/v1.0/healthz")).Status);
        Assert.Equal(HttpStatusCode.OK, (await service.Patch("/features/fact-54", """{"f":1}""")).Status);
    }

    [Fact]
    public async Task Fact_55_a_service_that_starts_before_its_sidecar_needs_no_restart()
    {
        var service = _processes.StartService("services/feature-ingest", _processes.AppPort);
        await Wait.UntilAsync(() => FeatureStack.IsOkAsync(service, "/health/live"), "the service to live");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await service.Read("/health/ready")).Status);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await service.Patch("/features/fact-55", """{"f":1}""")).Status);

        var sidecar = _processes.StartSidecar(_components.Path);
        await Wait.UntilAsync(() => FeatureStack.IsOkAsync(sidecar, "/v1.0/healthz"), "the sidecar to have seen the app");
        await Wait.UntilAsync(() => FeatureStack.IsOkAsync(service, "/health/ready"), "the service to be ready");
        Assert.Equal(HttpStatusCode.OK, (await service.Patch("/features/fact-55", """{"f":1}""")).Status);
        await sidecar.Send(HttpMethod.Post, "/v1.0/publish/pubsub/feature-updates", """{"entity_id":"fact-55","features":{"event":1}}""");
        await Wait.UntilAsync(
            async () => (await sidecar.Read("/v1.0/state/statestore/default%2Ffact-55")).Body.Contains("\"event\":1", StringComparison.Ordinal),
            "the event to arrive");
    }

    [Fact]
    public async Task Fact_57_the_probed_paths_answer_200_themselves_and_ask_for_nothing()
    {
        _processes.StartSidecar(_components.Path);
        foreach (var (project, path) in new[] { ("services/feature-api", "/health/live"), ("services/feature-ingest", "/health/ready") })
        {
            var service = _processes.StartService(project, FreePort.Next(), ("DAPR_API_TOKEN", "a-token"), ("APP_API_TOKEN", "another-token"));
            var status = HttpStatusCode.ServiceUnavailable;
            await Wait.UntilAsync(
                async () =>
                {
                    try
                    {
                        status = (await service.Read(path)).Status;
                    }
                    catch (HttpRequestException)
                    {
                        // It does not listen yet.
                    }

                    return status != HttpStatusCode.ServiceUnavailable;
                },
                $"{path} to be answered");
            Assert.Equal(HttpStatusCode.OK, status);
        }
    }

    [Fact]
    public async Task Fact_58_a_wrong_API_token_is_an_outage_that_says_so_and_no_empty_answer()
    {
        var sidecar = _processes.StartSidecar(_components.Path, ("DAPR_API_TOKEN", "planted-right-token"));
        var api = _processes.StartService("services/feature-api", FreePort.Next(), ("DAPR_API_TOKEN", "planted-wrong-token"));
        var ingest = _processes.StartService("services/feature-ingest", _processes.AppPort);
        await Wait.UntilAsync(() => FeatureStack.IsOkAsync(sidecar, "/v1.0/healthz/outbound"), "the sidecar to be there");
        foreach (var (service, call) in new (HttpClient, Func<HttpClient, Task<Reply>>)[]
        {
            (api, service => service.Read("/features/fact-58")), (ingest, service => service.Patch("/features/fact-58", """{"f":1}""")),
        })
        {
            await Wait.UntilAsync(() => FeatureStack.IsOkAsync(service, "/health/live"), "the service to live");
            Reply reply = null!;
            await Wait.UntilAsync(async () => (reply = await call(service)).Body.Contains("refuses the API token", StringComparison.Ordinal), "the refusal to be told");
            Assert.Equal((HttpStatusCode.ServiceUnavailable, "urn:featurestore:unavailable"), (reply.Status, reply.Json.GetProperty("type").GetString()));
            // The health paths of a sidecar ask for no token, so only the store is red.
            var ready = (await service.Read("/health/ready")).Json.GetProperty("checks");
            Assert.Equal(("Healthy", "Unhealthy"), (ready.GetProperty("sidecar").GetProperty("status").GetString(), ready.GetProperty("statestore").GetProperty("status").GetString()));
            SecretTests.HasNoSecret(reply.Body);
        }

        SecretTests.HasNoSecret(_processes.Logs);
    }

    [Fact]
    public async Task Fact_61_a_store_that_was_skipped_or_is_not_known_is_an_outage_and_no_empty_answer()
    {
        // daprd passes over a component whose secret store it does not know, and says that it is well.
        File.Delete(Path.Combine(_components.Path, "statestore.yaml"));
        _processes.StartSidecar(_components.Path);
        var api = _processes.StartService("services/feature-api", FreePort.Next());
        var ingest = _processes.StartService("services/feature-ingest", _processes.AppPort);
        foreach (var service in new[] { api, ingest })
        {
            await Wait.UntilAsync(() => FeatureStack.IsOkAsync(service, "/health/live"), "the service to live");
            await Wait.UntilAsync(
                async () => (await service.Read("/health/ready")).Json.GetProperty("checks").GetProperty("sidecar").GetProperty("status").GetString() == "Healthy",
                "the sidecar to be there");
            var ready = await service.Read("/health/ready");
            Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.Status);
            Assert.Equal("Unhealthy", ready.Json.GetProperty("checks").GetProperty("statestore").GetProperty("status").GetString());
        }

        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await api.Read("/features/fact-61")).Status);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await ingest.Patch("/features/fact-61", """{"f":1}""")).Status);
    }

    [Fact]
    public async Task Fact_63_a_service_goes_on_by_what_the_component_is_now()
    {
        // The embedded sidecar reloads nothing; what a service sees of a reload is a store that is away, then another.
        var file = Path.Combine(_components.Path, "statestore.yaml");
        var first = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
        _processes.StartSidecar(_components.Path);
        var service = _processes.StartService("services/feature-ingest", _processes.AppPort);
        var api = _processes.StartService("services/feature-api", FreePort.Next());
        async Task Write(string features) => await Wait.UntilAsync(
            async () => await FeatureStack.IsOkAsync(service, "/health/live") && (await service.Patch("/features/fact-63", features)).Status == HttpStatusCode.OK, "a write");
        async Task Reads(string features) => await Wait.UntilAsync(
            async () => await api.Read("/features/fact-63") is { Status: HttpStatusCode.OK } read && read.Features == features, $"{features} to be read");
        await Write("""{"a":1}""");
        await Reads("""{"a":1}""");

        await _processes.StopSidecarAsync();
        await File.WriteAllTextAsync(file, first.Replace("state.db", "other.db", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await api.Read("/features/fact-63")).Status);
        _processes.StartSidecar(_components.Path);
        await Write("""{"b":2}""");
        await Reads("""{"b":2}""");

        await _processes.StopSidecarAsync();
        await File.WriteAllTextAsync(file, first, TestContext.Current.CancellationToken);
        _processes.StartSidecar(_components.Path);
        await Write("""{"c":3}""");
        await Reads("""{"a":1,"c":3}""");
    }

    [Fact]
    public async Task Fact_19_an_unknown_store_is_an_outage_and_no_empty_answer()
    {
        _processes.StartSidecar(_components.Path);
        var api = _processes.StartService("services/feature-api", FreePort.Next(), ("Sidecar__StateStore", "nosuch"));
        await Wait.UntilAsync(() => FeatureStack.IsOkAsync(api, "/health/live"), "the service to live");
        Reply read = null!;
        await Wait.UntilAsync(
            async () => (read = await api.Read("/features/fact-19")).Body.Contains("nosuch is not found", StringComparison.Ordinal), "the sidecar to be asked");
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "urn:featurestore:unavailable"), (read.Status, read.Json.GetProperty("type").GetString()));
    }
}
