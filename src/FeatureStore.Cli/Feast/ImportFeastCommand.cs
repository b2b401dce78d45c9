using System.CommandLine;
using FeatureStore.Cli.Registry;
using Spectre.Console;

namespace FeatureStore.Cli.Feast;

/// <summary><c>featurestore import-feast PATH</c>: declares what a Feast project defines.</summary>
internal static class ImportFeastCommand
{
    private static readonly Argument<string> Source = new("PATH")
    {
        Description = "The folder of a Feast project, its registry file, or what `feast registry-dump` printed",
    };

    private static readonly Option<string> Output = new("--output", "-o") { Description = "The file to write", HelpName = "FILE", DefaultValueFactory = _ => "features/feast.yaml" };

    private static readonly Option<string?> Project = new("--project") { Description = "The project, where a registry holds several", HelpName = "NAME" };

    private static readonly Option<bool> Yes = new("--yes", "-y") { Description = "Replace the file without asking" };

    public static Command Create(CliConsole console)
    {
        var command = new Command("import-feast", "Write what a Feast project defines as files of a registry, without Python.") { Source, Output, Project, Yes };
        command.SetAction(parsed => Run(parsed, console));
        return command;
    }

    private static int Run(ParseResult parsed, CliConsole console)
    {
        var project = FeastProject.Find(parsed.GetValue(Source)!, console.Variable);
        var import = FeastImport.Of(FeastDefinitions.Read(project.RegistryFile, parsed.GetValue(Project) ?? project.Name));
        Write(import.Notes, console);
        if (import.Registry.IsEmpty)
        {
            console.Error.WriteLine("Nothing can be carried over, so no file was written.");
            return ExitCode.Failure;
        }

        var yaml = $"# From the Feast registry {Path.GetFileName(project.RegistryFile)}\n{RegistryYaml.Write(import.Registry)}";
        if (RegistryFiles.Parse(yaml).Faults is [var fault, ..])
        {
            throw new CommandFailedException($"What was read makes no valid registry: {fault.Detail}");
        }

        var output = parsed.GetValue(Output)!;
        if (!RegistryOutput.Write(output, yaml, parsed.GetValue(Yes), console))
        {
            return ExitCode.Failure;
        }

        var registry = import.Registry;
        console.Out.WriteLine(
            $"{RegistrySummary.Count(registry.Entities.Count, "entity", "entities")}, {RegistrySummary.Count(registry.Views.Count, "view")} and "
            + $"{RegistrySummary.Count(registry.Services.Count, "service")} are declared now. Next: featurestore apply {(Path.GetDirectoryName(output) is { Length: > 0 } folder ? folder : output)}");
        return ExitCode.Success;
    }

    private static void Write(IReadOnlyList<ImportNote> notes, CliConsole console)
    {
        var table = new Table { Border = console.OutputIsTerminal ? TableBorder.Rounded : TableBorder.Ascii, UseSafeBorder = true };
        table.AddColumns("in Feast", "", "here", "outcome", "what is different");
        foreach (var note in notes)
        {
            var color = note.Here is null ? Color.Red : note.Reasons.Count > 0 ? Color.Yellow : Color.Green;
            table.AddRow(
                new Text(note.What), Cell(note.Name), Cell(note.Here ?? ""), new Text(note.Outcome, new Style(color)), Cell(string.Join("; ", note.Reasons)));
        }

        console.Results().Write(table);
    }

    private static Text Cell(string text) => new(TerminalText.VisibleLine(text));
}
