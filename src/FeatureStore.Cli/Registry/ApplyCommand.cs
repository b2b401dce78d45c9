using System.CommandLine;
using FeatureStore.Cli.Service;
using FeatureStore.Model;

namespace FeatureStore.Cli.Registry;

/// <summary><c>featurestore apply PATH</c>: makes what the files declare what the services know.</summary>
internal static class ApplyCommand
{
    private static readonly Option<bool> DryRun = new("--dry-run") { Description = "Show what would change, and change nothing" };

    private static readonly Option<bool> Yes = new("--yes", "-y") { Description = "Do not ask" };

    public static Command Create(CliConsole console)
    {
        var command = new Command(
            "apply",
            "Make what the files of a registry declare what the services know. Exits with 0 when it is applied, there is nothing to change, or with --dry-run, nothing stands against it.")
        {
            RegistryOptions.Path, DryRun, Yes, RegistryOptions.Endpoint,
        };
        command.SetAction((parsed, stop) => RunAsync(parsed, console, stop));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CliConsole console, CancellationToken stop)
    {
        var path = parsed.GetValue(RegistryOptions.Path)!;
        var declared = RegistryFiles.Read(path);
        if (declared.ShowFaults(console))
        {
            return ExitCode.Failure;
        }

        using var client = RegistryOptions.Connect(parsed, console);
        var run = new ApplyRun(declared, new RegistryClient(client), console);
        return await run.RunAsync(path, parsed.GetValue(DryRun), parsed.GetValue(Yes), stop);
    }
}
