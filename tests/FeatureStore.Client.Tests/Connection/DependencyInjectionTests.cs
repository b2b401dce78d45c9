using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace FeatureStore.Client.Tests.Connection;

/// <summary>The client in an app with dependency injection.</summary>
public sealed class DependencyInjectionTests(RunningStore running)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Two_lines_are_enough()
    {
        var services = new ServiceCollection();
        services.AddFeatureStoreClient(options => (options.ApiAddress, options.IngestAddress) = (running.Stack.Api.BaseAddress, running.Stack.Ingest.BaseAddress));
        await using var provider = services.BuildServiceProvider();
        var store = provider.GetRequiredService<FeatureStoreClient>();

        Assert.Same(store, provider.GetRequiredService<FeatureStoreClient>());
        await store.WriteAsync("injected", new { f = 1 }, cancellationToken: Cancel);
        Assert.Equal(1, (await store.GetAsync("injected", cancellationToken: Cancel))!["f"].GetInt32());
    }

    [Fact]
    public async Task Settings_may_come_from_configuration()
    {
        await using var service = await StandInService.StartAsync((context, _) => StandInService.FeaturesAsync(context));
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["FeatureStore:Dapr:HttpEndpoint"] = service.Address.ToString(),
            ["FeatureStore:Dapr:ApiAppId"] = "my-api",
            ["FeatureStore:ApiKey"] = "fs_key",
            ["FeatureStore:Timeout"] = "00:00:07",
        });
        builder.Services.Configure<FeatureStoreOptions>(builder.Configuration.GetSection("FeatureStore"));
        builder.Services.AddFeatureStoreClient();
        using var host = builder.Build();
        Assert.Equal(TimeSpan.FromSeconds(7), host.Services.GetRequiredService<IOptions<FeatureStoreOptions>>().Value.Timeout);
        await host.Services.GetRequiredService<FeatureStoreClient>().GetAsync("a", cancellationToken: Cancel);
        Assert.Equal("/v1.0/invoke/my-api/method/features?entity_id=a", Assert.Single(service.Calls).Target);
    }

    [Fact]
    public async Task Wrong_settings_stop_the_app_at_its_start()
    {
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddFeatureStoreClient(options => (options.MaxRetries, options.MaxConcurrentCalls) = (-1, 0));
        using var host = builder.Build();
        var e = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync(Cancel));
        Assert.Equal(2, e.Failures.Count());
    }

    [Fact]
    public async Task Resilience_that_an_app_gives_all_its_clients_repeats_no_write_and_its_other_handlers_stay()
    {
        await using var service = await StandInService.StartAsync((context, _) => StandInService.AwayAsync(context));
        var services = new ServiceCollection();
        services.ConfigureHttpClientDefaults(http => http.AddHttpMessageHandler(() => new HeaderHandler("X-Default")));
        services.ConfigureHttpClientDefaults(http => http.AddStandardResilienceHandler());
        services.AddFeatureStoreClient(options => options.IngestAddress = service.Address).AddHttpMessageHandler(() => new HeaderHandler("X-Own"));
        await using var provider = services.BuildServiceProvider();
        await Assert.ThrowsAsync<FeatureStoreUnavailableException>(
            () => provider.GetRequiredService<FeatureStoreClient>().WriteAsync("a", new { f = 1 }, cancellationToken: Cancel));
        var call = Assert.Single(service.Calls);
        Assert.Contains("X-Default", call.Headers.Keys);
        Assert.Contains("X-Own", call.Headers.Keys);
    }

    private sealed class HeaderHandler(string name) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Headers.Add(name, "1");
            return base.SendAsync(request, cancellationToken);
        }
    }
}
