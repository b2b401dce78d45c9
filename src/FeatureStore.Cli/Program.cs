using FeatureStore.Cli;

using var signals = new StopSignals();
return await CliApplication.RunAsync(args, CliConsole.OfThisProcess(), signals.Token);
