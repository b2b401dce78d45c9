using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace FeatureStore.Cli.Feast;

/// <summary>Where the definitions of a Feast project are, and which of its projects is meant.</summary>
/// <param name="RegistryFile">The file that holds them.</param>
/// <param name="Name">The project's name; null where only a registry was named, which may hold several.</param>
internal sealed partial record FeastProject(string RegistryFile, string? Name)
{
    private const string ConfigurationFile = "feature_store.yaml";
    private const string DefaultRegistry = "data/registry.db";
    private const string Dump = "Run `feast registry-dump > registry.json` in that project, and give this command registry.json";

    /// <summary>Finds them.</summary>
    /// <param name="path">The folder of a project, its feature_store.yaml, or a registry file.</param>
    /// <param name="variable">Reads an environment variable: feature_store.yaml may name some.</param>
    /// <exception cref="UsageException">There is nothing there, or it cannot be read here; the message says what to do.</exception>
    public static FeastProject Find(string path, Func<string, string?> variable)
    {
        var configuration = Directory.Exists(path) ? Path.Combine(path, ConfigurationFile) : path;
        if (!File.Exists(configuration))
        {
            throw new UsageException(
                $"There is no {configuration}. Give the folder of a Feast project, its registry file, or what `feast registry-dump` printed.");
        }

        if (Path.GetExtension(configuration) is not (".yaml" or ".yml"))
        {
            return new FeastProject(configuration, null);
        }

        var settings = Read(configuration, variable);
        var registry = Registry(settings, configuration);
        var file = Path.Combine(Path.GetDirectoryName(configuration) ?? "", registry);
        return File.Exists(file)
            ? new FeastProject(file, Text(settings, "project"))
            : throw new UsageException($"{configuration} names the registry {registry}, but there is no {file}. Run `feast apply` in that project first.");
    }

    private static YamlMappingNode Read(string file, Func<string, string?> variable)
    {
        var yaml = new YamlStream();
        try
        {
            // As Feast does it: in the whole text, and what is not set stays as it is.
            yaml.Load(new StringReader(Variable().Replace(File.ReadAllText(file), match => variable(match.Groups[1].Value + match.Groups[2].Value) ?? match.Value)));
        }
        catch (YamlException e)
        {
            throw new UsageException($"{file}:{e.Start.Line}:{e.Start.Column}: Not valid YAML: {e.Message}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{file} cannot be read: {e.Message}");
        }

        return yaml.Documents is [{ RootNode: YamlMappingNode settings }, ..] ? settings : throw new UsageException($"{file} holds no settings of a Feast project.");
    }

    /// <summary>The path of the registry, which is a file of this machine.</summary>
    private static string Registry(YamlMappingNode settings, string file)
    {
        var (type, path, store) = ("file", DefaultRegistry, (string?)null);
        if (settings.Children.TryGetValue("registry", out var registry))
        {
            if (registry is YamlMappingNode map)
            {
                (type, path, store) = (Text(map, "registry_type") ?? type, Text(map, "path") ?? path, Text(map, "registry_store_type"));
            }
            else
            {
                path = (registry as YamlScalarNode)?.Value ?? path;
            }
        }

        if (type != "file")
        {
            throw new UsageException($"The registry of {file} is of type {type}, which only Feast can read. {Dump}.");
        }

        if (path.StartsWith("file://", StringComparison.Ordinal))
        {
            path = path["file://".Length..];
        }

        if (Scheme().IsMatch(path) || store is not (null or "FileRegistryStore"))
        {
            throw new UsageException($"The registry of {file} is at {path}, not on this machine. Fetch that file and give it to this command. Or else: {Dump}.");
        }

        return Variable().IsMatch(path)
            ? throw new UsageException($"The registry of {file} is at {path}: set the variable that it names.")
            : path;
    }

    private static string? Text(YamlMappingNode map, string name) =>
        map.Children.TryGetValue(name, out var value) && value is YamlScalarNode { Value.Length: > 0 } scalar ? scalar.Value : null;

    [GeneratedRegex(@"\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))", RegexOptions.CultureInvariant)]
    private static partial Regex Variable();

    [GeneratedRegex("^[A-Za-z][A-Za-z0-9+.-]+://", RegexOptions.CultureInvariant)]
    private static partial Regex Scheme();
}
