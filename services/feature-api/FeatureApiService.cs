using FeatureStore.Dapr;
using FeatureStore.FeatureApi.Feast;
using FeatureStore.FeatureApi.Query;
using FeatureStore.FeatureApi.Resident;
using FeatureStore.FeatureApi.Serving;
using FeatureStore.FeatureApi.Streaming;
using FeatureStore.Hosting;

namespace FeatureStore.FeatureApi;

/// <summary>The feature-api service: answers reads.</summary>
public static class FeatureApiService
{
    /// <summary>The service's name and Dapr app id.</summary>
    public const string Name = "feature-api";

    /// <summary>The port that the service listens on unless <c>urls</c> says otherwise.</summary>
    public const int DefaultPort = 8080;

    public static WebApplication Build(string[] args)
    {
        var builder = ServiceHost.CreateBuilder(Name, DefaultPort, args);
        builder.Services.AddSingleton<OnlineReader>();
        builder.Services.AddSingleton(ResidentOptions.Read(builder.Configuration));
        builder.Services.AddSingleton(services => new RowMemory(services.GetRequiredService<ResidentOptions>().BudgetBytes));
        builder.Services.AddSingleton<ChangeCurrency>();
        builder.Services.AddSingleton<SettledViews>();
        builder.Services.AddSingleton<ResidentMetrics>();
        builder.Services.AddSingleton<RowSource>();
        builder.Services.AddSingleton<HotReads>();
        builder.Services.AddSingleton<EventPublisher>();
        builder.Services.AddHostedService<ChangeProbe>();
        builder.Services.AddHostedService<Preloading>();
        builder.Services.AddSingleton<ServingMetrics>();
        builder.Services.AddSingleton<EntityReader>();
        builder.Services.AddSingleton(StreamOptions.Read(builder.Configuration));
        builder.Services.AddSingleton<StreamMetrics>();
        builder.Services.AddSingleton<StreamHub>();
        builder.Services.AddHostedService(services => services.GetRequiredService<StreamHub>());
        builder.Services.AddSingleton<EventStreams>();
        builder.Services.AddSingleton(QueryOptions.Read(builder.Configuration));
        builder.Services.AddSingleton<QueryReader>();
        builder.Services.AddSingleton(FeastOptions.Read(builder.Configuration));
        builder.Services.AddSingleton<RowForwarder>();

        var app = builder.Build();
        var hot = app.Services.GetRequiredService<HotReads>();
        if (app.IsOpenToAll())
        {
            // Ahead even of routing, which costs more than the answer.
            app.Use((context, next) => hot.TryAnswer(context) ?? next(context));
            app.UseRouting();
            app.MapShared();
        }
        else
        {
            // Behind what sees to who may ask, and how often.
            app.MapShared();
            app.Use((context, next) => hot.TryAnswer(context) ?? next(context));
        }

        app.MapFeatures();
        app.MapQuery();
        app.MapChanges();
        app.MapFeast();
        return app;
    }
}
