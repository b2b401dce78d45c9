using System.Text.Json;

namespace FeatureStore.Model;

/// <summary>A place in the JSON of a registry, with what is said of the mistakes found there.</summary>
internal readonly struct RegistryNode(JsonElement value, string pointer, List<RegistryFault> faults)
{
    public string Pointer => pointer;

    public JsonElement Value => value;

    public bool IsNull => value.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined;

    public void Fault(string detail) => faults.Add(new RegistryFault(pointer, detail));

    /// <summary>The members of an object, each once; none with a fault if it is something else.</summary>
    public IEnumerable<(string Name, RegistryNode Node)> Members(string expected)
    {
        if (IsNull)
        {
            return [];
        }

        if (value.ValueKind != JsonValueKind.Object)
        {
            Fault($"{expected} is expected here.");
            return [];
        }

        var node = this;
        var names = new HashSet<string>(StringComparer.Ordinal);
        return [.. value.EnumerateObject().Select(member => (member.Name, node.At(member.Name, member.Value))).Where(member =>
        {
            var isNew = names.Add(member.Name);
            if (!isNew)
            {
                member.Item2.Fault($"'{member.Name}' stands more than once.");
            }

            return isNew;
        })];
    }

    /// <summary>The members of an object of which the names are known; others are faults.</summary>
    public Dictionary<string, RegistryNode> Known(string what, params string[] names)
    {
        var members = new Dictionary<string, RegistryNode>(StringComparer.Ordinal);
        foreach (var (name, node) in Members($"{what} with {string.Join(", ", names)}"))
        {
            if (names.Contains(name))
            {
                members.Add(name, node);
            }
            else
            {
                node.Fault($"{what} has no '{StateKey.Shorten(name)}'; it may have {string.Join(", ", names)}.{ClosestName.Suggestion(name, names)}");
            }
        }

        return members;
    }

    /// <summary>The elements of an array; none with a fault if it is something else.</summary>
    public IEnumerable<RegistryNode> Elements(string expected)
    {
        if (IsNull)
        {
            return [];
        }

        if (value.ValueKind != JsonValueKind.Array)
        {
            Fault($"{expected} is expected here.");
            return [];
        }

        var node = this;
        return [.. value.EnumerateArray().Select((element, i) => node.At(i.ToString(System.Globalization.CultureInfo.InvariantCulture), element))];
    }

    /// <summary>A text; null with a fault if it is something else.</summary>
    public string? Text(string expected)
    {
        if (value.ValueKind == JsonValueKind.String)
        {
            return value.GetString();
        }

        Fault($"{expected} is expected here{(value.ValueKind is JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False ? $", not {value.GetRawText()}" : "")}.");
        return null;
    }

    /// <summary>A length of time above zero; null if it is absent, or with a fault.</summary>
    public TimeSpan? Duration()
    {
        if (IsNull)
        {
            return null;
        }

        var hint = value.ValueKind == JsonValueKind.Number ? $" Did you mean '{value.GetRawText()}s'?" : "";
        var text = value.ValueKind is JsonValueKind.String ? value.GetString()! : value.GetRawText();
        if (value.ValueKind is JsonValueKind.String && Model.Duration.TryParse(text, out var duration) && duration > TimeSpan.Zero)
        {
            return duration;
        }

        Fault($"A length of time above zero, up to 100 years, is expected: {Model.Duration.Expected}; '{StateKey.Shorten(text)}' is not.{hint}");
        return null;
    }

    /// <summary>The member of a name, which is there.</summary>
    public RegistryNode At(string name) => At(name, value.GetProperty(name));

    /// <summary>The element that is a text, in a list or in the features of an object.</summary>
    public RegistryNode Element(string text)
    {
        var list = value.ValueKind == JsonValueKind.Object ? At("features") : this;
        return list.Elements("A list").First(element => element.Value.ValueKind == JsonValueKind.String && element.Value.ValueEquals(text));
    }

    private RegistryNode At(string name, JsonElement child) =>
        new(child, $"{pointer}/{name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)}", faults);
}
