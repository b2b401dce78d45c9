using System.Text.RegularExpressions;

namespace FeatureStore.DaprConformance.Comparing;

/// <summary>
/// The values that volatile names such as <c>&lt;uuid-3&gt;</c> stand for in one file: bound where they are first met,
/// the same from then on, and no two names for one value.
/// </summary>
public sealed partial class Bindings
{
    private readonly Dictionary<string, string> _values = [];
    private readonly List<(string Recorded, string Actual)> _replaced = [];
    private readonly Lock _gate = new();

    /// <summary>Says that a text of the recording, such as a port, is another here.</summary>
    public void Replace(string recorded, string actual) => _replaced.Add((recorded, actual));

    public void Bind(string name, string value) => _values[name] = value;

    /// <summary>Fills a text that is to be sent in; a name that nothing bound gets a value of its own.</summary>
    public string Fill(string text)
    {
        lock (_gate)
        {
            return VolatileName().Replace(Replaced(text), match => ValueOf(match.Value));
        }
    }

    /// <summary>Whether a text is what was recorded; binds the names that it meets if it is.</summary>
    public bool Matches(string recorded, string actual)
    {
        lock (_gate)
        {
            return MatchesAlone(recorded, actual);
        }
    }

    /// <summary>A recorded text with the values that are known, as it is shown beside what was.</summary>
    public string Show(string recorded)
    {
        lock (_gate)
        {
            return VolatileName().Replace(Replaced(recorded), match => _values.GetValueOrDefault(match.Value, match.Value));
        }
    }

    private string ValueOf(string name)
    {
        if (!_values.TryGetValue(name, out var value))
        {
            value = name switch
            {
                ['<', 'u', ..] => Guid.NewGuid().ToString(),
                ['<', 't', ..] => Guid.NewGuid().ToString("N"),
                ['<', 's', ..] => Guid.NewGuid().ToString("N")[..16],
                _ => name,
            };
            _values[name] = value;
        }

        return value;
    }

    private bool MatchesAlone(string recorded, string actual)
    {
        var expected = Replaced(recorded);
        if (!expected.Contains('<'))
        {
            return expected == actual;
        }

        var names = new List<string>();
        var pattern = "^" + string.Concat(VolatileName().Split(expected).Select((part, i) => i % 2 == 0 ? Regex.Escape(part) : Pattern(part, names))) + "$";
        var match = Regex.Match(actual, pattern, RegexOptions.Singleline);
        if (!match.Success)
        {
            return false;
        }

        var found = names.ToDictionary(n => n, n => match.Groups[Group(n)].Value);
        if (found.Values.Distinct().Count() < found.Count || found.Values.Any(_values.ContainsValue))
        {
            return false;
        }

        foreach (var (name, value) in found)
        {
            _values[name] = value;
        }

        return true;
    }

    private string Pattern(string name, List<string> names)
    {
        if (_values.TryGetValue(name, out var value))
        {
            return Regex.Escape(value);
        }

        var shape = name switch
        {
            "<host-ip>" => "[0-9a-f.:]+",
            "<hostname>" => "[^;,\" ]+",
            ['<', 'u', ..] => "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
            ['<', 't', ..] => "[0-9a-f]{32}",
            ['<', 's', ..] => "[0-9a-f]{16}",
            _ => "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z",
        };
        if (name[^2] is not (>= '0' and <= '9'))
        {
            return shape;
        }

        if (names.Contains(name))
        {
            return $"\\k<{Group(name)}>";
        }

        names.Add(name);
        return $"(?<{Group(name)}>{shape})";
    }

    private static string Group(string name) => name.Trim('<', '>').Replace('-', '_');

    private string Replaced(string text) => _replaced.Aggregate(text, (t, r) => t.Replace(r.Recorded, r.Actual, StringComparison.Ordinal));

    [GeneratedRegex("(<(?:uuid|trace|span)-[0-9]+>|<uuid>|<rfc3339 seconds, Z>|<host-ip>|<hostname>)")]
    private static partial Regex VolatileName();
}
