using FeatureStore.LoadBaselines;

return await new LoadCommand().Create().Parse(args).InvokeAsync();
