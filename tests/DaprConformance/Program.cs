using FeatureStore.DaprConformance;
using FeatureStore.DaprConformance.Reporting;
using FeatureStore.DaprConformance.Sidecars;
using Xunit.MicrosoftTestingPlatform;
using Xunit.Runner.InProc.SystemConsole;

// The sidecar under test is a process of its own, and the same program: so a self-contained copy needs nothing beside it.
if (args is [SidecarProcess.AsSidecar, .. var flags])
{
    return (int)typeof(FeatureStore.DevSidecar.Sidecar).Assembly.EntryPoint!.Invoke(null, [flags])!;
}

try
{
    await ExternalSidecar.FindAsync();
}
catch (ExternalSidecarException exception)
{
    await Console.Error.WriteLineAsync(exception.Message);
    return 2;
}

// As xunit's generated entry point does.
var result = args.Any(a => a is "--server" or "--internal-msbuild-node")
    ? await TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions)
    : await ConsoleRunner.Run(args);
RunReport.Sum();
return result;
