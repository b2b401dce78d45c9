using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using FeatureStore.Model;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace FeatureStore.Cli.Registry;

/// <summary>Writes a registry as YAML that people keep in files, and that is read back as the same.</summary>
internal static partial class RegistryYaml
{
    private const int Indent = 2;

    // Nothing is folded: a line is a declaration.
    private static readonly EmitterSettings Settings = new(
        bestIndent: Indent, bestWidth: int.MaxValue, isCanonical: false, maxSimpleKeyLength: 1024, skipAnchorName: false);

    /// <summary>The registry as YAML: a line for each feature, and what is small in one line.</summary>
    public static string Write(Model.Registry registry)
    {
        using var json = JsonDocument.Parse(RegistryWriter.Write(registry));
        var text = new StringBuilder();
        foreach (var section in json.RootElement.EnumerateObject())
        {
            text.Append(text.Length == 0 ? "" : "\n").Append(section.Name).Append(":\n");

            // Entities are short; what is longer stands apart.
            var between = section.NameEquals("entities") ? "" : "\n";
            text.AppendJoin(between, section.Value.EnumerateObject().Select(item => Indented(Item(section.Name, item))));
        }

        return text.Length == 0 ? "{}\n" : text.ToString();
    }

    private static string Item(string section, JsonProperty item)
    {
        using var text = new StringWriter { NewLine = "\n" };
        var emitter = new Emitter(text, Settings);
        emitter.Emit(new StreamStart());
        emitter.Emit(new DocumentStart(null, null, isImplicit: true));
        emitter.Emit(Map(isFlow: false));
        emitter.Emit(Name(item.Name));
        Emit(item.Value, isFlow: false, value => IsLong(section, value), emitter);
        emitter.Emit(new MappingEnd());
        emitter.Emit(new DocumentEnd(isImplicit: true));
        emitter.Emit(new StreamEnd());
        return text.ToString();
    }

    /// <summary>What of an item has lines of its own: its features. Keys, labels and the like are short.</summary>
    private static bool IsLong(string section, string member) => section != "entities" && member == "features";

    private static void Emit(JsonElement value, bool isFlow, Func<string, bool> isLong, IEmitter emitter)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                emitter.Emit(Map(isFlow));
                foreach (var member in value.EnumerateObject())
                {
                    emitter.Emit(Name(member.Name));
                    Emit(member.Value, isFlow || !isLong(member.Name), static _ => false, emitter);
                }

                emitter.Emit(new MappingEnd());
                break;
            case JsonValueKind.Array:
                emitter.Emit(new SequenceStart(AnchorName.Empty, TagName.Empty, isImplicit: true, isFlow ? SequenceStyle.Flow : SequenceStyle.Block));
                foreach (var element in value.EnumerateArray())
                {
                    Emit(element, isFlow: true, static _ => false, emitter);
                }

                emitter.Emit(new SequenceEnd());
                break;
            case JsonValueKind.String:
                emitter.Emit(Name(value.GetString()!));
                break;
            default:
                emitter.Emit(new Scalar(AnchorName.Empty, TagName.Empty, value.GetRawText(), ScalarStyle.Plain, isPlainImplicit: true, isQuotedImplicit: false));
                break;
        }
    }

    private static MappingStart Map(bool isFlow) =>
        new(AnchorName.Empty, TagName.Empty, isImplicit: true, isFlow ? MappingStyle.Flow : MappingStyle.Block);

    /// <summary>A text: bare where that is what every reader of YAML takes it for.</summary>
    private static Scalar Name(string text) => new(
        AnchorName.Empty, TagName.Empty, text, IsPlain(text) ? ScalarStyle.Any : ScalarStyle.DoubleQuoted, isPlainImplicit: true, isQuotedImplicit: true);

    private static bool IsPlain(string text) => (Wordy().IsMatch(text) && !Reserved().IsMatch(text)) || Duration.TryParse(text, out _);

    private static string Indented(string item) => string.Concat(item.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => $"{new string(' ', Indent)}{line}\n"));

    /// <summary>Begins with a letter, and holds nothing that is shown as something else than itself.</summary>
    [GeneratedRegex(@"^\p{L}([\p{L}\p{N}\p{P}\p{S} ]*[\p{L}\p{N}\p{P}\p{S}])?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Wordy();

    /// <summary>What YAML 1.1 or 1.2 takes for something else than a text.</summary>
    [GeneratedRegex(@"^(null|true|false|yes|no|on|off|y|n)\z", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex Reserved();
}
