using System.Text;
using System.Text.RegularExpressions;

namespace FeatureStore.Cli.Feast;

/// <summary>Names of Feast as names of a registry: lower-case letters, digits and _, beginning with a letter, each once.</summary>
internal sealed partial class FeastNames
{
    // A view's name may get a version, and messages show it whole.
    private const int MaxLength = 200;

    private readonly Dictionary<string, string> _names = new(StringComparer.Ordinal);
    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);

    /// <summary>Gives every name one; those that are valid keep theirs.</summary>
    public FeastNames(IEnumerable<string> names)
    {
        string[] all = [.. names.Distinct(StringComparer.Ordinal)];
        foreach (var name in all.OrderByDescending(IsValid))
        {
            _names[name] = Take(name);
        }
    }

    public string this[string name] => _names[name];

    /// <summary>The name of what is called so in Feast; null if nothing is.</summary>
    public string? Find(string name) => _names.GetValueOrDefault(name);

    /// <summary>A name that is not taken, like the one that is asked for, and takes it.</summary>
    public string Take(string name)
    {
        var valid = IsValid(name) ? name : Valid(name);
        var free = valid;
        for (var i = 2; !_taken.Add(free); i++)
        {
            free = $"{valid}_{i}";
        }

        return free;
    }

    private static bool IsValid(string name) => name.Length <= MaxLength && Name().IsMatch(name);

    /// <summary>convRate and conv-rate are conv_rate.</summary>
    private static string Valid(string name)
    {
        var valid = new StringBuilder();
        for (var i = 0; i < name.Length && valid.Length < MaxLength; i++)
        {
            var c = name[i];
            if (char.IsAsciiLetterUpper(c) && i > 0 && (char.IsAsciiLetterLower(name[i - 1]) || char.IsAsciiDigit(name[i - 1])))
            {
                valid.Append('_');
            }

            valid.Append(char.IsAsciiLetterOrDigit(c) ? char.ToLowerInvariant(c) : '_');
        }

        var trimmed = valid.ToString().Trim('_');
        return trimmed.Length == 0 || char.IsAsciiDigit(trimmed[0]) ? "x_" + trimmed : trimmed;
    }

    [GeneratedRegex("^[a-z][a-z0-9_]*\\z", RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}
