using System.Text.Json;
using System.Text.Json.Nodes;
using FeatureStore.Model;
using YamlDotNet.RepresentationModel;

namespace FeatureStore.Cli.Registry;

/// <summary>A registry as its owners keep it: YAML files under a folder, taken together.</summary>
internal static class RegistryFiles
{
    private static readonly string[] Sections = ["entities", "views", "services"];

    /// <summary>Reads a file, or every .yaml and .yml file under a folder.</summary>
    /// <param name="path">The file or folder.</param>
    /// <exception cref="UsageException">There is nothing to read at the path.</exception>
    public static DeclaredRegistry Read(string path) => Read(Find(path).Select(file => (file, Text(file))));

    /// <summary>Reads YAML that stands in no file.</summary>
    public static DeclaredRegistry Parse(string yaml) => Read([("-", yaml)]);

    private static DeclaredRegistry Read(IEnumerable<(string File, string Yaml)> files)
    {
        var json = new JsonObject();
        var faults = new List<YamlFault>();
        var positions = new Dictionary<string, SourcePosition>();
        foreach (var (file, yaml) in files)
        {
            ReadFile(file, yaml, json, positions, faults);
        }

        var found = new List<RegistryFault>();
        using var document = JsonDocument.Parse(json.ToJsonString());
        var declared = new DeclaredRegistry(RegistryReader.Read(document.RootElement, found), faults, positions);
        faults.AddRange(found.Select(fault => new YamlFault(declared.Find(fault.Pointer) ?? default, fault.Detail)));
        faults.Sort((a, b) => (a.Position.File, a.Position.Line, a.Position.Column).CompareTo((b.Position.File, b.Position.Line, b.Position.Column)));
        return declared;
    }

    private static string Text(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{file} cannot be read: {e.Message}");
        }
    }

    private static List<string> Find(string path)
    {
        if (File.Exists(path))
        {
            return [path];
        }

        if (!Directory.Exists(path))
        {
            throw new UsageException($"There is no file or folder {path}.");
        }

        var files = Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories)
            .Where(file => Path.GetExtension(file) is ".yaml" or ".yml").Order(StringComparer.Ordinal).ToList();
        return files.Count > 0 ? files : throw new UsageException($"There is no .yaml file in {path}.");
    }

    private static void ReadFile(string file, string yaml, JsonObject whole, Dictionary<string, SourcePosition> positions, List<YamlFault> faults)
    {
        foreach (var document in YamlText.Read(file, yaml, faults))
        {
            Merge(document.RootNode, new YamlJson(file), whole, positions, faults);
        }
    }

    private static void Merge(YamlNode root, YamlJson converter, JsonObject whole, Dictionary<string, SourcePosition> positions, List<YamlFault> faults)
    {
        var converted = converter.Convert(root, "");
        faults.AddRange(converter.Faults);
        if (converted is not JsonObject document)
        {
            if (converted is not null)
            {
                faults.Add(new YamlFault(converter.At(root.Start), $"A mapping with {string.Join(", ", Sections)} is expected."));
            }

            return;
        }

        foreach (var (section, value) in document.ToList())
        {
            document.Remove(section);
            if (value is JsonObject items && whole[section] is JsonObject known)
            {
                foreach (var (name, item) in items.ToList())
                {
                    items.Remove(name);
                    if (!known.TryAdd(name, item))
                    {
                        var pointer = YamlJson.Member($"/{section}", name);
                        faults.Add(new YamlFault(converter.Positions[pointer], $"'{name}' is declared at {positions[pointer]} already."));
                    }
                }
            }
            else if (whole[section] is null)
            {
                whole[section] = value;
            }
            else if (value is not null)
            {
                faults.Add(new YamlFault(converter.Positions[YamlJson.Member("", section)], "Declarations by name are expected here."));
            }
        }

        foreach (var (pointer, position) in converter.Positions)
        {
            positions.TryAdd(pointer, position);
        }
    }
}
