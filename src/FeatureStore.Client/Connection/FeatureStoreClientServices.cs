using FeatureStore.Client;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the feature store's client to an app.</summary>
public static class FeatureStoreClientServices
{
    /// <summary>The name of the client's <see cref="HttpClient"/>, and so of its logs.</summary>
    private const string HttpName = "FeatureStore";

    private const string ResilienceHandler = "Microsoft.Extensions.Http.Resilience.ResilienceHandler";

    /// <summary>Adds <see cref="FeatureStoreClient"/> as a singleton. Wrong settings stop the app at its start.</summary>
    /// <param name="services">The app's services.</param>
    /// <param name="configure">Says where the store is. The options can also be bound: <c>services.Configure&lt;FeatureStoreOptions&gt;(section)</c>.</param>
    /// <returns>The HTTP client's builder, for handlers of the app's own.</returns>
    /// <remarks>
    /// Resilience handlers that the app adds to all its HTTP clients are left out of this one: they would repeat writes that must
    /// not be repeated. The client's own retries know which may.
    /// </remarks>
    public static IHttpClientBuilder AddFeatureStoreClient(this IServiceCollection services, Action<FeatureStoreOptions>? configure = null)
    {
        var options = services.AddOptions<FeatureStoreOptions>().ValidateOnStart();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<FeatureStoreOptions>, OptionsCheck>());
        services.TryAddSingleton(provider =>
        {
            var factory = provider.GetRequiredService<IHttpClientFactory>();
            return new FeatureStoreClient(
                provider.GetRequiredService<IOptions<FeatureStoreOptions>>().Value, () => factory.CreateClient(HttpName), provider.GetService<TimeProvider>());
        });
        return services.AddHttpClient(HttpName, http => http.Timeout = Timeout.InfiniteTimeSpan)
            .UseSocketsHttpHandler((handler, _) => StoreConnection.Configure(handler))
            .SetHandlerLifetime(Timeout.InfiniteTimeSpan)
            .ConfigureAdditionalHttpMessageHandlers((handlers, _) =>
            {
                foreach (var handler in handlers.Where(handler => handler.GetType().FullName == ResilienceHandler).ToList())
                {
                    handlers.Remove(handler);
                }
            });
    }
}
