using System.CommandLine;
using FeatureStore.Faults;
using FeatureStore.Faults.Planted;
using Xunit.MicrosoftTestingPlatform;
using Xunit.Runner.InProc.SystemConsole;

Option<double> minutes = new("--minutes") { Description = "How long faults are injected", DefaultValueFactory = _ => 1 };
Option<int> seed = new("--seed") { Description = "What rows and faults follow from", DefaultValueFactory = _ => 1 };
Option<double> gap = new("--gap") { Description = "The mean number of seconds between faults", DefaultValueFactory = _ => 1.5 };
Option<Backend> backend = new("--backend") { Description = "redis or sqlite", DefaultValueFactory = _ => Backend.Redis };
Option<bool> push = new("--push") { Description = "Rows are served from memory, by three replicas" };
Option<string?> planted = new("--planted") { Description = "A bug to plant first: a patch in tests/Faults/Planted" };
Option[] options = [minutes, seed, gap, backend, push, planted];

if (!args.Contains("--server") && options.Any(option => args.Contains(option.Name)))
{
    var command = new RootCommand("Kills and spoils what the feature store runs on, and sees whether anything is lost.");
    Array.ForEach(options, command.Add);
    command.SetAction(async (parsed, cancellationToken) =>
    {
        var run = new FaultOptions
        {
            Backend = parsed.GetValue(backend),
            Push = parsed.GetValue(push),
            Seed = parsed.GetValue(seed),
            Duration = TimeSpan.FromMinutes(parsed.GetValue(minutes)),
            Gap = TimeSpan.FromSeconds(parsed.GetValue(gap)),
            EndsAtFinding = parsed.GetValue(planted) is not null,
            Log = Console.WriteLine,
        };
        using var bug = parsed.GetValue(planted) is { } name ? await PlantedBug.BuildAsync(name) : null;
        var report = await FaultRun.RunAsync(bug?.In(run) ?? run, cancellationToken);
        Console.WriteLine(report);
        return report.Findings.Count == 0 ? 0 : 1;
    });
    // However long it takes: no process is to be left behind.
    return await command.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromMinutes(1) });
}

// As xunit's generated entry point does.
return args.Any(a => a is "--server" or "--internal-msbuild-node")
    ? await TestPlatformTestFramework.RunAsync(args, SelfRegisteredExtensions.AddSelfRegisteredExtensions)
    : await ConsoleRunner.Run(args);
