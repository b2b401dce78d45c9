using FeatureStore.FeatureHistory.Entities;
using FeatureStore.FeatureHistory.Erasure;
using FeatureStore.FeatureHistory.Ingest;
using FeatureStore.FeatureHistory.Rebuild;
using FeatureStore.FeatureHistory.Statistics;
using FeatureStore.FeatureHistory.Training;
using FeatureStore.FeatureHistory.Upkeep;
using FeatureStore.History;
using FeatureStore.Hosting;

namespace FeatureStore.FeatureHistory;

/// <summary>The feature-history service: keeps every accepted row, and cuts training sets from them.</summary>
public static class FeatureHistoryService
{
    /// <summary>The service's name and Dapr app id.</summary>
    public const string Name = "feature-history";

    /// <summary>The port that the service listens on unless <c>urls</c> says otherwise.</summary>
    public const int DefaultPort = 8082;

    /// <exception cref="IOException">The folder of history cannot be used.</exception>
    public static WebApplication Build(string[] args)
    {
        var builder = ServiceHost.CreateBuilder(Name, DefaultPort, args);
        var options = HistoryOptions.Read(builder.Configuration);
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton(_ => HistoryCatalog.Open(options.Path));
        builder.Services.AddSingleton<ErasureList>();
        builder.Services.AddSingleton<HistoryWriter>();
        builder.Services.AddSingleton(new DatabaseOptions { MemoryLimit = options.MemoryLimit });
        builder.Services.AddSingleton<PartitionRewriter>();
        builder.Services.AddSingleton<HistoryEraser>();
        builder.Services.AddSingleton<CurrentRows>();
        builder.Services.AddSingleton<HistoryEntities>();
        builder.Services.AddSingleton<HistoryRetention>();
        builder.Services.AddSingleton<HistoryStatistics>();
        builder.Services.AddSingleton<HistoryMetrics>();
        builder.Services.AddSingleton<UnreadableEvents>();
        builder.Services.AddSingleton<HistoryIngest>();
        builder.Services.AddHostedService<HistoryUpkeep>();
        builder.Services.AddSingleton(TrainingOptions.Read(builder.Configuration));
        builder.Services.AddSingleton<TrainingJobs>();
        builder.Services.AddHostedService(services => services.GetRequiredService<TrainingJobs>());

        var app = builder.Build().MapShared();
        // Whoever cannot have the folder says so at once.
        app.Services.GetRequiredService<ErasureList>();
        app.MapHistoryEvents();
        app.MapStatistics();
        app.MapErasures();
        app.MapTraining();
        app.MapRows();
        app.MapEntities();
        return app;
    }
}
