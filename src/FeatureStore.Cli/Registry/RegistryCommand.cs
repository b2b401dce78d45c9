using System.CommandLine;

namespace FeatureStore.Cli.Registry;

/// <summary><c>featurestore registry check|show|diff|export</c>: what is declared, in files and in the services.</summary>
internal static class RegistryCommand
{
    public static Command Create(CliConsole console)
    {
        var check = new Command("check", "Find what is wrong with the files of a registry.") { RegistryOptions.Path };
        check.SetAction(parsed => Check(parsed.GetValue(RegistryOptions.Path)!, console));
        return new Command("registry", "What is declared: entities, feature views and feature services.")
        {
            check, ShowCommand.Create(console), DiffCommand.Create(console), ExportCommand.Create(console),
        };
    }

    private static int Check(string path, CliConsole console)
    {
        var declared = RegistryFiles.Read(path);
        if (declared.ShowFaults(console))
        {
            return ExitCode.Failure;
        }

        foreach (var view in declared.Registry.Views.Values)
        {
            console.Out.WriteLine($"view {view.Name} {RegistrySummary.Of(view, declared.Registry.Entities[view.Entity])}");
        }

        foreach (var service in declared.Registry.Services.Values)
        {
            console.Out.WriteLine($"service {service.Name}: {RegistrySummary.Of(service)}");
        }

        return ExitCode.Success;
    }
}
