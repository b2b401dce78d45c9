using FeatureStore.OfflineBenchmarks;

return await new OfflineCommand().Create().Parse(args).InvokeAsync();
