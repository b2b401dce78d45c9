using System.CommandLine;
using FeatureStore.DevSidecar.CommandLine;

// Signals are the sidecar's own: it lets running deliveries finish.
return await new SidecarCommand().Create().Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
