using System.CommandLine;
using FeatureStore.Model;

namespace FeatureStore.Cli.Registry;

/// <summary><c>featurestore registry diff PATH</c>: what applying the files would change. It exits as <c>diff</c> does.</summary>
internal static class DiffCommand
{
    private const int Equal = 0;
    private const int Different = 1;

    public static Command Create(CliConsole console)
    {
        var command = new Command("diff", "Show what applying the files would change. Exits with 0 if nothing, 1 if something, 2 if it cannot be told.")
        {
            RegistryOptions.Path, RegistryOptions.Endpoint,
        };
        command.SetAction((parsed, stop) => RunAsync(parsed, console, stop));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CliConsole console, CancellationToken stop)
    {
        var declared = RegistryFiles.Read(parsed.GetValue(RegistryOptions.Path)!);
        if (declared.ShowFaults(console))
        {
            return ExitCode.Usage;
        }

        using var client = RegistryOptions.Connect(parsed, console);
        try
        {
            var served = await new RegistryClient(client).GetAsync(stop);
            var plan = RegistryPlan.Of(served.Registry, declared.Registry);
            new PlanView(served.Registry, declared.Registry, console).Write(plan);
            console.Error.WriteLine(plan.Count == 0
                ? $"There is no difference to registry version {served.Version}."
                : $"Applied over registry version {served.Version}: {RegistrySummary.Of(plan.Select(change => change.Kind))}.");
            return plan.Count == 0 ? Equal : Different;
        }
        catch (CommandFailedException e)
        {
            throw new UsageException(e.Message);
        }
    }
}
