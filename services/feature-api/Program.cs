using FeatureStore.FeatureApi;
using FeatureStore.Hosting;

return await ServiceHost.RunAsync(FeatureApiService.Build, args);
