using FeatureStore.Harness;
using YamlDotNet.RepresentationModel;

namespace FeatureStore.SystemTests.Facts;

/// <summary>The component YAML that this repository ships.</summary>
internal static class ComponentFiles
{
    /// <summary>Every folder that a sidecar can be given.</summary>
    public static IReadOnlyList<string> Folders { get; } =
        ["components", .. Directory.GetDirectories(Repository.PathOf("components")).Select(folder => $"components/{Path.GetFileName(folder)}").Order(StringComparer.Ordinal)];

    public static IEnumerable<string> Files(string folder) => Directory.GetFiles(Repository.PathOf(folder), "*.yaml").Order(StringComparer.Ordinal);

    /// <summary>The resources of a folder.</summary>
    public static IReadOnlyList<ResourceFile> Read(string folder) => [.. Files(folder).SelectMany(ReadFile)];

    /// <summary>A file of YAML, each of its documents.</summary>
    public static IEnumerable<ResourceFile> ReadFile(string path)
    {
        var yaml = new YamlStream();
        using var text = new StringReader(File.ReadAllText(path));
        yaml.Load(text);
        return yaml.Documents.Select(document => new ResourceFile(path, document.RootNode));
    }
}

/// <summary>One resource of a file.</summary>
internal sealed record ResourceFile(string Path, YamlNode Root)
{
    public string? Kind => Text("kind");

    public string? Name => Text("metadata", "name");

    /// <summary>What a component is of: <c>state.redis</c>.</summary>
    public string? Type => Text("spec", "type");

    public string? Text(params string[] path) => (At(path) as YamlScalarNode)?.Value;

    public string[] List(params string[] path) =>
        At(path) is YamlSequenceNode list ? [.. list.Children.Select(node => ((YamlScalarNode)node).Value!)] : [];

    /// <summary>A setting of a component: its value, or <c>envRef:NAME</c>; null where it is not there.</summary>
    public string? Setting(string name)
    {
        var setting = Settings.FirstOrDefault(setting => setting.Text("name") == name);
        return setting is null ? null : setting.Text("value") ?? $"envRef:{setting.Text("envRef")}";
    }

    /// <summary>The settings of a component.</summary>
    public IEnumerable<ResourceFile> Settings => At("spec", "metadata") is YamlSequenceNode list ? list.Select(node => this with { Root = node }) : [];

    public YamlNode? At(params string[] path)
    {
        var node = Root;
        foreach (var name in path)
        {
            if (node is YamlSequenceNode list && int.TryParse(name, out var index))
            {
                node = list.Children[index];
            }
            else if (node is not YamlMappingNode map || !map.Children.TryGetValue(new YamlScalarNode(name), out node))
            {
                return null;
            }
        }

        return node;
    }
}
