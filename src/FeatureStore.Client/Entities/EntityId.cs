using System.Text;

namespace FeatureStore.Client;

/// <summary>One entity's key value, or its key values in the order in which the entity declares them.</summary>
/// <remarks>
/// A string or a whole number is an entity id by itself: <c>store.GetAsync("EWR")</c>. A composite id is
/// <c>new EntityId("EWR", "N10156")</c>. Ids may hold any characters, <c>/</c> and <c>%</c> among them.
/// </remarks>
public readonly struct EntityId : IEquatable<EntityId>
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly string[]? _keys;

    /// <summary>Makes an id of its key values.</summary>
    /// <param name="keys">One value, or several in the order in which the entity declares them.</param>
    /// <exception cref="ArgumentException">There is none, or one is empty or no valid Unicode text.</exception>
    public EntityId(params ReadOnlySpan<string> keys)
    {
        if (keys.IsEmpty)
        {
            throw new ArgumentException("An entity id has at least one key value.", nameof(keys));
        }

        foreach (var key in keys)
        {
            Check(key, nameof(keys));
        }

        _keys = keys.ToArray();
    }

    /// <summary>The key values; none for <c>default</c>, which is no entity's id.</summary>
    public IReadOnlyList<string> Keys => _keys ?? [];

    /// <summary>A string is the id of an entity with one key.</summary>
    /// <param name="key">The key value.</param>
    /// <exception cref="ArgumentException">It is empty or no valid Unicode text.</exception>
    public static implicit operator EntityId(string key) => new(key);

    /// <summary>A whole number is the id of an entity with one key, and the same as its digits.</summary>
    /// <param name="key">The key value.</param>
    public static implicit operator EntityId(long key) => new(key.ToString(System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>Whether two ids have the same key values in the same order.</summary>
    /// <param name="left">One id.</param>
    /// <param name="right">The other id.</param>
    public static bool operator ==(EntityId left, EntityId right) => left.Equals(right);

    /// <summary>Whether two ids differ in a key value.</summary>
    /// <param name="left">One id.</param>
    /// <param name="right">The other id.</param>
    public static bool operator !=(EntityId left, EntityId right) => !left.Equals(right);

    /// <inheritdoc/>
    public bool Equals(EntityId other) => Keys.SequenceEqual(other.Keys, StringComparer.Ordinal);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is EntityId other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var key in Keys)
        {
            hash.Add(key, StringComparer.Ordinal);
        }

        return hash.ToHashCode();
    }

    /// <summary>The id for a person to read; a composite one is not told from one that holds a comma.</summary>
    public override string ToString() => string.Join(", ", Keys);

    /// <summary>The key values of an id that a caller gave.</summary>
    /// <exception cref="ArgumentException">It is <c>default</c>.</exception>
    internal IReadOnlyList<string> Required(string parameter) =>
        _keys ?? throw new ArgumentException("The entity id has no key value.", parameter);

    private static void Check(string key, string parameter)
    {
        ArgumentException.ThrowIfNullOrEmpty(key, parameter);
        try
        {
            StrictUtf8.GetByteCount(key);
        }
        catch (EncoderFallbackException e)
        {
            // Encoded all the same it would become the id of another entity.
            throw new ArgumentException("A key value must be valid Unicode text; half a surrogate pair is none.", parameter, e);
        }
    }
}
