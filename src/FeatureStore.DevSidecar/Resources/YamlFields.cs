using System.Globalization;
using YamlDotNet.RepresentationModel;

namespace FeatureStore.DevSidecar.Resources;

/// <summary>Fields of a YAML mapping, read by name; a wrong shape is a configuration error that names the file.</summary>
internal sealed class YamlFields(YamlMappingNode node, string file, string where)
{
    private readonly YamlMappingNode _node = node;

    public IEnumerable<string> Names => _node.Children.Keys.OfType<YamlScalarNode>().Select(k => k.Value ?? "");

    public string Where => where.Length == 0 ? file : $"{file}: {where}";

    public string? Text(string name) => Find(name) switch
    {
        null => null,
        YamlScalarNode { Value: "~" or "null" } => null,
        YamlScalarNode { Value: var value } => value,
        _ => throw Wrong(name, "a text"),
    };

    public string Required(string name) =>
        Text(name) is { Length: > 0 } value ? value : throw new SidecarConfigurationException($"{Where}: '{name}' is missing");

    public bool Flag(string name) => Text(name) is { } text && bool.TryParse(text, out var value) && value;

    public int? Integer(string name) => Text(name) is not { Length: > 0 } text ? null
        : int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value
        : throw Wrong(name, "an integer");

    public TimeSpan? Duration(string name) => Text(name) is not { Length: > 0 } text ? null
        : GoDuration.TryParse(text, out var value) ? value
        : throw Wrong(name, "a duration such as 5s");

    public YamlFields? Mapping(string name) => Find(name) switch
    {
        null or YamlScalarNode { Value: null or "" } => null,
        YamlMappingNode mapping => new YamlFields(mapping, file, Path(name)),
        _ => throw Wrong(name, "a mapping"),
    };

    public IEnumerable<YamlFields> Mappings(string name) => Find(name) switch
    {
        null or YamlScalarNode { Value: null or "" } => [],
        YamlSequenceNode list => list.Children.Select(item => item is YamlMappingNode mapping
            ? new YamlFields(mapping, file, Path(name))
            : throw Wrong(name, "a list of mappings")),
        _ => throw Wrong(name, "a list"),
    };

    public IReadOnlyList<string> Texts(string name) => Find(name) switch
    {
        null or YamlScalarNode { Value: null or "" } => [],
        YamlSequenceNode list => [.. list.Children.Select(item => (item as YamlScalarNode)?.Value ?? "")],
        _ => throw Wrong(name, "a list"),
    };

    public IReadOnlyDictionary<string, string> Map(string name) =>
        Mapping(name) is { } map ? map.Names.ToDictionary(n => n, n => map.Text(n) ?? "") : new Dictionary<string, string>();

    private YamlNode? Find(string name) => _node.Children.TryGetValue(new YamlScalarNode(name), out var value) ? value : null;

    private string Path(string name) => where.Length == 0 ? name : $"{where}.{name}";

    private SidecarConfigurationException Wrong(string name, string expected) =>
        new($"{Where}: '{name}' is not {expected}");
}
