using FeatureStore.Dapr;
using FeatureStore.FeatureIngest.Bulk;
using FeatureStore.FeatureIngest.DeadLetters;
using FeatureStore.FeatureIngest.Events;
using FeatureStore.FeatureIngest.Registry;
using FeatureStore.FeatureIngest.Rows;
using FeatureStore.Hosting;

namespace FeatureStore.FeatureIngest;

/// <summary>The feature-ingest service: takes writes, single, in bulk and as events.</summary>
public static class FeatureIngestService
{
    /// <summary>The service's name and Dapr app id.</summary>
    public const string Name = "feature-ingest";

    /// <summary>The port that the service listens on unless <c>urls</c> says otherwise.</summary>
    public const int DefaultPort = 8081;

    public static WebApplication Build(string[] args)
    {
        var builder = ServiceHost.CreateBuilder(Name, DefaultPort, args);
        builder.Services.AddSingleton(builder.Configuration.GetSection("Ingest").Get<IngestOptions>() ?? new IngestOptions());
        builder.Services.AddSingleton<ChangePublisher>();
        builder.Services.AddHostedService(services => services.GetRequiredService<ChangePublisher>());
        builder.Services.AddSingleton<HistoryLog>();
        builder.Services.AddSingleton<HistoryRowWriter>();
        builder.Services.AddSingleton<WritePath>();
        builder.Services.AddSingleton<OnlineWriter>();
        builder.Services.AddSingleton<BulkIngest>();
        builder.Services.AddSingleton<EventIngest>();
        builder.Services.AddSingleton<PostponedEvents>();
        builder.Services.AddSingleton<RefusedRows>();
        builder.Services.AddSingleton(DeadLetterOptions.Read(builder.Configuration));
        builder.Services.AddSingleton<DeadLetterMetrics>();
        builder.Services.AddSingleton<DropReasons>();
        builder.Services.AddSingleton<DeadLetterStore>();
        builder.Services.AddSingleton<DeadLetterIngest>();
        builder.Services.AddSingleton<DeadLetterTopic>();
        builder.Services.AddSingleton<EventPublisher>();
        builder.Services.AddSingleton<RegistryApply>();

        var app = builder.Build().MapShared();
        app.MapRows();
        app.MapBulk();
        app.MapEvents();
        app.MapDeadLetters();
        app.MapRegistryApply();
        return app;
    }
}
