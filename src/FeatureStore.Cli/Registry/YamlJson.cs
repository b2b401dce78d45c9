using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace FeatureStore.Cli.Registry;

/// <summary>Turns YAML into the JSON that means the same, and remembers where each part of it stands.</summary>
internal sealed partial class YamlJson(string file)
{
    private const int MaxDepth = 40;

    private int _depth;
    private bool _isEndless;

    /// <summary>Where each value stands, by its JSON pointer; of a member of an object, its name.</summary>
    public Dictionary<string, SourcePosition> Positions { get; } = [];

    public List<YamlFault> Faults { get; } = [];

    /// <summary>Converts a node, and all below it.</summary>
    public JsonNode? Convert(YamlNode node, string pointer)
    {
        Positions.TryAdd(pointer, At(node.Start));
        if (node is YamlScalarNode scalar)
        {
            return Convert(scalar);
        }

        // An alias may stand within what it refers to, and then there is no end.
        if (_isEndless)
        {
            return null;
        }

        if (_depth == MaxDepth)
        {
            _isEndless = true;
            Faults.Add(new YamlFault(At(node.Start), $"This is nested more than {MaxDepth} deep, or refers to itself."));
            return null;
        }

        _depth++;
        JsonNode? json = node is YamlMappingNode map ? Convert(map, pointer) : node is YamlSequenceNode list ? Convert(list, pointer) : null;
        _depth--;
        return json;
    }

    /// <summary>The pointer to a member.</summary>
    public static string Member(string pointer, string name) =>
        $"{pointer}/{name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)}";

    public SourcePosition At(Mark mark) => new(file, mark.Line, mark.Column);

    private JsonObject Convert(YamlMappingNode map, string pointer)
    {
        var json = new JsonObject();
        foreach (var (key, value) in map.Children)
        {
            if (key is not YamlScalarNode { Value: { } name })
            {
                Faults.Add(new YamlFault(At(key.Start), "A name is expected here, not a list or a mapping."));
                continue;
            }

            var member = Member(pointer, name);
            Positions[member] = At(key.Start);
            json[name] = Convert(value, member);
        }

        return json;
    }

    private JsonArray Convert(YamlSequenceNode list, string pointer)
    {
        var json = new JsonArray();
        for (var i = 0; i < list.Children.Count; i++)
        {
            json.Add(Convert(list.Children[i], $"{pointer}/{i}"));
        }

        return json;
    }

    /// <summary>A plain scalar may be null, true, false or a number of JSON; anything else, and what is quoted, is text.</summary>
    private static JsonNode? Convert(YamlScalarNode scalar) => scalar.Style != ScalarStyle.Plain
        ? JsonValue.Create(scalar.Value)
        : scalar.Value switch
        {
            null or "" or "~" or "null" or "Null" or "NULL" => null,
            "true" or "True" or "TRUE" => JsonValue.Create(true),
            "false" or "False" or "FALSE" => JsonValue.Create(false),
            var number when Number().IsMatch(number) => JsonNode.Parse(number),
            var text => JsonValue.Create(text),
        };

    [GeneratedRegex(@"^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Number();
}
