using System.Text;

namespace FeatureStore.Cli.Registry;

/// <summary>Writes a registry to a file that a person named.</summary>
internal static class RegistryOutput
{
    private const string NameInFolder = "registry.yaml";

    /// <summary>A file of declarations in a folder beside the one that would be written there; null if there is none.</summary>
    public static string? Others(string folder) => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
        .FirstOrDefault(file => Path.GetExtension(file) is ".yaml" or ".yml" && Path.GetRelativePath(folder, file) != NameInFolder);

    /// <summary>Writes the file, and asks before it replaces one.</summary>
    /// <param name="path">A .yaml file, or a folder.</param>
    /// <param name="yaml">What to write.</param>
    /// <param name="yes">Whether not to ask.</param>
    /// <param name="console">Where to ask and say what was done.</param>
    /// <returns>Whether it was written.</returns>
    /// <exception cref="UsageException">It cannot be written there, or nobody can be asked.</exception>
    public static bool Write(string path, string yaml, bool yes, CliConsole console)
    {
        var file = Path.GetExtension(path) is ".yaml" or ".yml" ? path : Path.Combine(path, NameInFolder);
        if (!yes && File.Exists(file) && !Confirmation.Ask(TerminalText.VisibleLine($"Replace {file}?"), console))
        {
            console.Error.WriteLine("Nothing was written.");
            return false;
        }

        try
        {
            if (Path.GetDirectoryName(file) is { Length: > 0 } folder)
            {
                Directory.CreateDirectory(folder);
            }

            File.WriteAllText(file, yaml, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{file} cannot be written: {e.Message}");
        }

        console.Error.WriteLine(TerminalText.VisibleLine($"Written to {file}"));
        return true;
    }
}
