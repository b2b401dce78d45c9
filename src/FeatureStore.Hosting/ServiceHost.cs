using FeatureStore.Dapr;
using FeatureStore.Hosting.Access;
using FeatureStore.Hosting.Errors;
using FeatureStore.Hosting.Health;
using FeatureStore.Hosting.Limits;
using FeatureStore.Hosting.Registry;
using FeatureStore.Hosting.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace FeatureStore.Hosting;

/// <summary>What every service of the feature store shares: the sidecar, health, telemetry, errors, access, limits, OpenAPI.</summary>
public static class ServiceHost
{
    /// <summary>Begins a service.</summary>
    /// <param name="name">The service's name, which is its Dapr app id.</param>
    /// <param name="port">The port that it listens on, on loopback, unless <c>urls</c> says otherwise.</param>
    /// <param name="args">The command line.</param>
    public static WebApplicationBuilder CreateBuilder(string name, int port, string[] args)
    {
        // The content root is where the service's files are, not where its user happens to stand.
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions
        {
            Args = args,
            ApplicationName = name,
            ContentRootPath = AppContext.BaseDirectory,
        });
        // Images of ASP.NET set these, and by them a service would listen on every address without anybody having said so.
        builder.WebHost.UseSetting(WebHostDefaults.HttpPortsKey, "");
        builder.WebHost.UseSetting(WebHostDefaults.HttpsPortsKey, "");
        if (string.IsNullOrEmpty(builder.Configuration[WebHostDefaults.ServerUrlsKey]))
        {
            builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        }

        builder.AddHttp2Addresses();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        builder.AddRequestLimits();
        builder.AddTelemetry(name);
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(SidecarSettings.Read(builder.Configuration));
        builder.Services.AddSingleton(LatenessSettings.Read(builder.Configuration));
        builder.Services.AddSingleton(AccessOptions.Read(builder.Configuration));
        builder.Services.AddSingleton<SidecarConnection>();
        builder.Services.AddSingleton<ServiceInvoker>();
        builder.Services.AddSingleton<StateStore>();
        builder.Services.AddSingleton<OnlineMetrics>();
        builder.Services.AddSingleton<RegistryStore>();
        builder.Services.AddSingleton<RegistryWatch>();
        builder.Services.AddHostedService(services => services.GetRequiredService<RegistryWatch>());
        builder.Services.AddProblems();
        builder.Services.AddHealthChecks()
            .AddCheck<SidecarHealthCheck>("sidecar", tags: [HealthEndpoints.ReadyTag])
            .AddCheck<StateStoreHealthCheck>("statestore", tags: [HealthEndpoints.ReadyTag])
            .AddCheck<RegistryHealthCheck>("registry", tags: [HealthEndpoints.ReadyTag]);
        builder.Services.AddOpenApi();
        return builder;
    }

    /// <summary>Whether anybody may call, as often as he likes.</summary>
    public static bool IsOpenToAll(this WebApplication app) =>
        app.Services.GetRequiredService<AccessOptions>().IsOpen && app.Services.GetRequiredService<LimitOptions>().RequestsPerSecond == 0;

    /// <summary>Adds what every service answers: problems for errors, refusals, health, OpenAPI.</summary>
    public static WebApplication MapShared(this WebApplication app)
    {
        app.UseRequestTrace();
        app.UseExceptionHandler();
        app.UseProblemStatusPages();
        app.UseAccessControl();
        app.UseRequestLimits();
        app.MapHealth();
        app.MapRegistry();
        app.MapOpenApi("/openapi/{documentName}.json");
        return app;
    }

    /// <summary>Runs a service until it is told to stop.</summary>
    /// <returns>The exit code of the process.</returns>
    public static async Task<int> RunAsync(Func<string[], WebApplication> build, string[] args)
    {
        try
        {
            await using var app = build(args);
            await app.RunAsync();
            return 0;
        }
        catch (Exception e) when (e is IOException or InvalidOperationException or FormatException)
        {
            // A port in use, a setting that cannot be: the message says which; where in the code it came up helps nobody.
            await Console.Error.WriteLineAsync(e.Message);
            return 1;
        }
    }
}
