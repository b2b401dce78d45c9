using System.Text;
using System.Text.RegularExpressions;

namespace FeatureStore.Model;

/// <summary>The key under which a row lies in the state store: <c>{view}/{key}[/{key}…]</c>, each key percent-encoded.</summary>
/// <remarks>The encoding is injective: no two entities of a view, and no two views, share a state key.</remarks>
public static partial class StateKey
{
    /// <summary>The most bytes of an encoded key.</summary>
    public const int MaxLength = 1024;

    /// <summary>The view that is meant where none is named and no registry is declared.</summary>
    public const string DefaultView = "default";

    /// <summary>Whether a text can be the name of a view; it may end in a version, as in <c>airport_weather@2</c>.</summary>
    public static bool IsViewName(string name) => ViewName().IsMatch(name);

    /// <summary>Encodes a state key, or says what is wrong with its parts.</summary>
    /// <param name="view">The name of the view.</param>
    /// <param name="keys">The entity's key values in the order in which the entity declares them.</param>
    /// <param name="faults">Receives every fault that is found.</param>
    /// <returns>The state key, or null if a fault was found.</returns>
    public static string? Encode(string view, IReadOnlyList<string> keys, ICollection<Fault> faults)
    {
        var known = faults.Count;
        if (!IsViewName(view))
        {
            faults.Add(Fault.Invalid(
                $"'{Shorten(view)}' is no name of a view: lower-case letters, digits and _, beginning with a letter, with an optional version such as @2.",
                "view"));
        }

        // A request whose path could not be read has been told so.
        if (keys.Count == 0 && !faults.Any(fault => fault.Member == "entity_id"))
        {
            faults.Add(Fault.Malformed("The entity id is missing.", "entity_id"));
        }

        var encoded = new StringBuilder(view, Math.Min(MaxLength, view.Length + 64));
        foreach (var key in keys)
        {
            if (key.Length == 0)
            {
                faults.Add(Fault.Malformed("An entity id must not be empty.", "entity_id"));
                continue;
            }

            encoded.Append('/');
            try
            {
                PercentEncoding.Append(encoded, key);
            }
            catch (EncoderFallbackException)
            {
                faults.Add(Fault.Malformed("An entity id must be valid Unicode text.", "entity_id"));
            }

            if (encoded.Length > MaxLength)
            {
                faults.Add(Fault.TooLarge(
                    $"The entity id is too long: view and keys, percent-encoded, may have {MaxLength} bytes.", "entity_id"));
                break;
            }
        }

        return faults.Count == known && keys.Count > 0 ? encoded.ToString() : null;
    }

    /// <summary>The key values of an entity as they stand encoded in a state key, behind the view.</summary>
    /// <exception cref="FormatException">It is not what <see cref="Encode"/> gives.</exception>
    public static IReadOnlyList<string> KeysOf(string entityId) => Array.ConvertAll(
        entityId.Split('/'),
        key => PercentEncoding.TryDecode(key, plusIsSpace: false, out var text) ? text : throw new FormatException($"'{Shorten(entityId)}' is no encoded entity id."));

    /// <summary>The name of the view that a state key begins with.</summary>
    public static ReadOnlySpan<char> ViewOf(string stateKey)
    {
        var slash = stateKey.IndexOf('/', StringComparison.Ordinal);
        return slash < 0 ? stateKey : stateKey.AsSpan(0, slash);
    }

    /// <summary>A text for a message, cut off where it is long.</summary>
    public static string Shorten(string text) => text.Length <= 80 ? text : text[..80] + "…";

    [GeneratedRegex("^[a-z][a-z0-9_]*(@[1-9][0-9]*)?\\z", RegexOptions.CultureInvariant)]
    private static partial Regex ViewName();
}
