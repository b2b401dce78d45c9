using System.CommandLine;
using FeatureStore.Model;

namespace FeatureStore.Cli.Registry;

/// <summary><c>featurestore registry check PATH</c>: finds what is wrong with the files of a registry.</summary>
internal static class RegistryCommand
{
    private static readonly Argument<string> Path = new("PATH")
    {
        Description = "A YAML file, or a folder of them",
        DefaultValueFactory = _ => "features",
    };

    public static Command Create(CliConsole console)
    {
        var check = new Command("check", "Find what is wrong with the files of a registry.") { Path };
        check.SetAction(parsed => Check(parsed.GetValue(Path)!, console));
        return new Command("registry", "What is declared: entities, feature views and feature services.") { check };
    }

    private static int Check(string path, CliConsole console)
    {
        var faults = new List<YamlFault>();
        var registry = RegistryFiles.Read(path, faults);
        foreach (var fault in faults)
        {
            console.Error.WriteLine(TerminalText.VisibleLine(fault.ToString()));
        }

        if (faults.Count > 0)
        {
            console.Error.WriteLine(faults.Count == 1 ? "1 fault was found." : $"{faults.Count} faults were found.");
            return ExitCode.Failure;
        }

        foreach (var view in registry.Views.Values)
        {
            console.Out.WriteLine(Describe(view, registry.Entities[view.Entity]));
        }

        foreach (var service in registry.Services.Values)
        {
            console.Out.WriteLine($"service {service.Name}: {service.Features.Count} features");
        }

        return ExitCode.Success;
    }

    private static string Describe(FeatureView view, Entity entity) =>
        $"view {view.Name} of {entity.Name} ({string.Join(", ", entity.Keys.Select(key => key.Name))}): {view.Features.Count} features"
        + $"{(view.IsOpen ? " and any others" : "")}, {(view.Ttl is { } ttl ? $"ttl {Duration.Format(ttl)}" : "no ttl")}, {(view.Serving == ServingMode.Push ? "push" : "pull")}";
}
