using FeatureStore.FeatureIngest;
using FeatureStore.Hosting;

return await ServiceHost.RunAsync(FeatureIngestService.Build, args);
