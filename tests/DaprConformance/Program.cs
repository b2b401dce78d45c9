using FeatureStore.DaprConformance;
using FeatureStore.DaprConformance.Sidecars;
using Xunit.MicrosoftTestingPlatform;
using Xunit.Runner.InProc.SystemConsole;

// The sidecar under test is a process of its own, and the same program: so a self-contained copy needs nothing beside it.
if (args is [SidecarProcess.AsSidecar, .. var flags])
{
    return (int)typeof(FeatureStore.DevSidecar.Sidecar).Assembly.EntryPoint!.Invoke(null, [flags])!;
}

// As xunit's generated entry point does.
return args.Any(a => a is "--server" or "--internal-msbuild-node")
    ? await TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions)
    : await ConsoleRunner.Run(args);
