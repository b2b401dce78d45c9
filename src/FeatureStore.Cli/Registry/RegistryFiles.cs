using System.Text.Json;
using System.Text.Json.Nodes;
using FeatureStore.Model;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace FeatureStore.Cli.Registry;

/// <summary>A registry as its owners keep it: YAML files under a folder, taken together.</summary>
internal static class RegistryFiles
{
    private static readonly string[] Sections = ["entities", "views", "services"];

    /// <summary>Reads a file, or every .yaml and .yml file under a folder.</summary>
    /// <param name="path">The file or folder.</param>
    /// <param name="faults">Receives every fault of every file, in the order of files and lines.</param>
    /// <returns>The registry; meaningless if there is a fault.</returns>
    /// <exception cref="UsageException">There is nothing to read at the path.</exception>
    public static Model.Registry Read(string path, List<YamlFault> faults)
    {
        var json = new JsonObject();
        var positions = new Dictionary<string, SourcePosition>();
        foreach (var file in Find(path))
        {
            ReadFile(file, json, positions, faults);
        }

        var found = new List<RegistryFault>();
        using var document = JsonDocument.Parse(json.ToJsonString());
        var registry = RegistryReader.Read(document.RootElement, found);
        faults.AddRange(found.Select(fault => new YamlFault(Position(fault.Pointer, positions), fault.Detail)));
        faults.Sort((a, b) => (a.Position.File, a.Position.Line, a.Position.Column).CompareTo((b.Position.File, b.Position.Line, b.Position.Column)));
        return registry;
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

    private static void ReadFile(string file, JsonObject whole, Dictionary<string, SourcePosition> positions, List<YamlFault> faults)
    {
        var yaml = new YamlStream();
        try
        {
            using var text = new StreamReader(file);
            yaml.Load(text);
        }
        catch (YamlException e)
        {
            var tab = e.Message.Contains("tab", StringComparison.Ordinal) ? TabbedLine(file) : 0;
            faults.Add(new YamlFault(
                tab > 0 ? new SourcePosition(file, tab, 1) : new SourcePosition(file, e.Start.Line, e.Start.Column), $"Not valid YAML: {Reason(e)}"));
            return;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{file} cannot be read: {e.Message}");
        }

        foreach (var document in yaml.Documents)
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
        }

        foreach (var (pointer, position) in converter.Positions)
        {
            positions.TryAdd(pointer, position);
        }
    }

    /// <summary>Where a fault is: at its place, or at the nearest one around it that stands in a file.</summary>
    private static SourcePosition Position(string pointer, Dictionary<string, SourcePosition> positions)
    {
        for (var at = pointer; ; at = at[..at.LastIndexOf('/')])
        {
            if (positions.TryGetValue(at, out var position))
            {
                return position;
            }

            if (at.Length == 0)
            {
                return default;
            }
        }
    }

    /// <summary>The first line that is indented with a tab: the parser names the line where the mapping began.</summary>
    private static int TabbedLine(string file) =>
        1 + Array.FindIndex(File.ReadAllLines(file), line => line.TakeWhile(char.IsWhiteSpace).Contains('\t'));

    private static string Reason(YamlException e)
    {
        var message = e.InnerException?.Message ?? e.Message;
        // YamlDotNet repeats the place before what is wrong.
        var colon = message.LastIndexOf("): ", StringComparison.Ordinal);
        return colon < 0 ? message : message[(colon + 3)..];
    }
}
