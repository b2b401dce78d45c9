using System.CommandLine;

namespace FeatureStore.Cli.Registry;

/// <summary><c>featurestore registry export</c>: what is applied, as YAML to keep in files.</summary>
internal static class ExportCommand
{
    private static readonly Option<string?> Output = new("--output", "-o") { Description = "A .yaml file, or a folder for registry.yaml [default: standard output]", HelpName = "FILE" };

    private static readonly Option<bool> Yes = new("--yes", "-y") { Description = "Replace the file without asking" };

    public static Command Create(CliConsole console)
    {
        var command = new Command("export", "Print what is applied as YAML; applied again, it changes nothing.") { Output, Yes, RegistryOptions.Endpoint };
        command.SetAction((parsed, stop) => RunAsync(parsed, console, stop));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CliConsole console, CancellationToken stop)
    {
        using var client = RegistryOptions.Connect(parsed, console);
        var served = await new RegistryClient(client).GetAsync(stop);
        var yaml = served.Version == 0 ? RegistryYaml.Write(served.Registry) : $"# Registry version {served.Version}, applied at {served.AppliedAt}\n{RegistryYaml.Write(served.Registry)}";
        if (!RegistryFiles.Parse(yaml).Registry.Equals(served.Registry))
        {
            throw new CommandFailedException("The registry holds something that YAML cannot hold, such as an object with one name twice. `featurestore registry show --json` prints it.");
        }

        if (parsed.GetValue(Output) is not { } output)
        {
            console.Out.Write(console.OutputIsTerminal ? TerminalText.Visible(yaml) : yaml);
            return ExitCode.Success;
        }

        if (Directory.Exists(output) && RegistryOutput.Others(output) is { } other)
        {
            throw new UsageException($"--output: with registry.yaml beside {other} everything would be declared twice. Name another folder, or a file.");
        }

        return RegistryOutput.Write(output, yaml, parsed.GetValue(Yes), console) ? ExitCode.Success : ExitCode.Failure;
    }
}
