using Microsoft.Extensions.Options;

namespace FeatureStore.Client.Tests.Connection;

/// <summary>Settings: their defaults, what Dapr's environment says, and what is wrong with them.</summary>
public sealed class OptionsTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void Everything_that_is_wrong_is_told_at_once()
    {
        var e = Assert.Throws<OptionsValidationException>(() => new FeatureStoreClient(new FeatureStoreOptions
        {
            ApiAddress = new Uri("ftp://store"),
            IngestAddress = new Uri("http://store?x=1"),
            HistoryAddress = new Uri("ftp://history"),
            ApiKey = "two words",
            AttemptTimeout = TimeSpan.Zero,
            Timeout = TimeSpan.FromDays(2),
            MaxRetries = 101,
            RetryDelay = TimeSpan.FromSeconds(1),
            MaxRetryDelay = TimeSpan.FromMilliseconds(1),
            MaxEntitiesPerCall = 0,
            MaxConcurrentCalls = -1,
        }));
        Assert.Equal(
            ["ApiAddress", "IngestAddress", "HistoryAddress", "ApiKey", "AttemptTimeout", "Timeout", "MaxRetryDelay", "MaxRetries", "MaxEntitiesPerCall", "MaxConcurrentCalls"],
            e.Failures.Select(failure => failure.Split(' ')[0]));
        Assert.Contains("ftp://store", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("two words", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Dapr_and_addresses_exclude_each_other()
    {
        var options = new FeatureStoreOptions { HistoryAddress = new Uri("http://store") }.UseDapr(dapr => (dapr.ApiAppId, dapr.HttpEndpoint) = ("a/b", new Uri("unix:///x")));
        var e = Assert.Throws<OptionsValidationException>(() => new FeatureStoreClient(options));
        Assert.Equal(3, e.Failures.Count());
    }

    [Theory]
    [InlineData("DAPR_HTTP_PORT", "none", "DAPR_HTTP_PORT")]
    [InlineData("DAPR_HTTP_PORT", "0", "DAPR_HTTP_PORT")]
    [InlineData("DAPR_HTTP_ENDPOINT", "sidecar:3500/x", "DAPR_HTTP_ENDPOINT")]
    public void What_the_environment_says_wrongly_is_told_too(string name, string value, string expected)
    {
        using var environment = new Variables((name, value));
        var e = Assert.Throws<OptionsValidationException>(() => new FeatureStoreClient(new FeatureStoreOptions().UseDapr()));
        Assert.Contains(expected, Assert.Single(e.Failures), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_sidecar_is_found_by_what_Dapr_says_to_its_apps()
    {
        await using var sidecar = await StandInService.StartAsync((context, _) =>
            context.Request.Method == "GET" ? StandInService.FeaturesAsync(context) : StandInService.WrittenAsync(context));
        using (new Variables(("DAPR_HTTP_PORT", $"{sidecar.Address.Port}"), ("DAPR_API_TOKEN", "the-token")))
        {
            using var store = new FeatureStoreClient(new FeatureStoreOptions().UseDapr(dapr => dapr.IngestAppId = "my-ingest"));
            await store.GetAsync("a/b", cancellationToken: Cancel);
            await store.WriteAsync("a/b", new { f = 1 }, cancellationToken: Cancel);
        }

        using (new Variables(("DAPR_HTTP_ENDPOINT", $"http://localhost:{sidecar.Address.Port}/"), ("DAPR_HTTP_PORT", "1")))
        {
            using var store = new FeatureStoreClient(new FeatureStoreOptions { ApiKey = "fs_key" }.UseDapr(dapr => dapr.ApiToken = "another-token"));
            await store.DeleteAsync("c", cancellationToken: Cancel);
        }

        Assert.Equal(
            [
                ("GET", "/v1.0/invoke/feature-api/method/features?entity_id=a%2Fb", "the-token", null),
                ("PATCH", "/v1.0/invoke/my-ingest/method/features?entity_id=a%2Fb", "the-token", null),
                ("DELETE", "/v1.0/invoke/feature-ingest/method/features?entity_id=c", "another-token", "Bearer fs_key"),
            ],
            sidecar.Calls.Select(call => (call.Method, call.Target, call.Headers["dapr-api-token"], call.Headers.GetValueOrDefault("Authorization"))));
        Assert.All(sidecar.Calls, call => Assert.StartsWith("FeatureStore.Client/", call.Headers["User-Agent"], StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_address_may_have_a_path_and_what_does_not_answer_as_the_store_does_is_told_so()
    {
        await using var service = await StandInService.StartAsync((context, n) => n switch
        {
            1 => StandInService.FeaturesAsync(context),
            2 => StandInService.JsonAsync(context, 404, "<html>nothing here</html>"),
            3 => StandInService.JsonAsync(context, 200, "<html>welcome</html>"),
            4 => StandInService.JsonAsync(context, 302, ""),
            _ => StandInService.JsonAsync(context, 404, """{"type":"urn:featurestore:not-found","title":"There is no such address here.","status":404}"""),
        });
        using var store = service.Client(options => options.ApiAddress = new Uri(service.Address, "/store/"));
        Assert.NotNull(await store.GetAsync("a", cancellationToken: Cancel));
        Assert.Equal("/store/features?entity_id=a", service.Calls.First().Target);
        for (var i = 0; i < 4; i++)
        {
            var e = await Assert.ThrowsAnyAsync<FeatureStoreException>(() => store.GetAsync("a", cancellationToken: Cancel));
            Assert.Contains("address", e.Message, StringComparison.Ordinal);
        }

        Assert.Equal(5, service.Calls.Count);
    }

    /// <summary>Environment variables for a while; those of Dapr that are not given are unset.</summary>
    private sealed class Variables : IDisposable
    {
        private readonly List<(string Name, string? Value)> _before = [];

        public Variables(params (string Name, string Value)[] variables)
        {
            foreach (var name in (string[])["DAPR_HTTP_PORT", "DAPR_HTTP_ENDPOINT", "DAPR_API_TOKEN"])
            {
                _before.Add((name, Environment.GetEnvironmentVariable(name)));
                Environment.SetEnvironmentVariable(name, variables.FirstOrDefault(variable => variable.Name == name).Value);
            }
        }

        public void Dispose() => _before.ForEach(variable => Environment.SetEnvironmentVariable(variable.Name, variable.Value));
    }
}
