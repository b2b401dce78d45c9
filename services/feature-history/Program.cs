using FeatureStore.FeatureHistory;
using FeatureStore.Hosting;

return await ServiceHost.RunAsync(FeatureHistoryService.Build, args);
