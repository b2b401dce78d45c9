namespace FeatureStore.Model;

/// <summary>What features describe: <c>airport</c>, <c>aircraft</c>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Keys">Its join keys, at least one, in the order in which entity ids are given.</param>
/// <param name="Description">What a person wants to know of it.</param>
public sealed record Entity(string Name, IReadOnlyList<JoinKey> Keys, Description Description)
{
    /// <summary>The keys of an entity id in the form in which they are stored: integers without needless signs and zeros.</summary>
    /// <param name="keys">The keys as they were given, in the declared order.</param>
    /// <param name="faults">Receives every fault: another number of keys, or one that is not of its type.</param>
    public IReadOnlyList<string> Canonical(IReadOnlyList<string> keys, ICollection<Fault> faults)
    {
        if (keys.Count != Keys.Count)
        {
            faults.Add(Fault.Invalid(
                $"The entity '{Name}' has {Keys.Count} key{(Keys.Count == 1 ? "" : "s, in this order")} ({string.Join(", ", Keys.Select(key => key.Name))}); {keys.Count} {(keys.Count == 1 ? "was" : "were")} given.",
                "entity_id"));
            return keys;
        }

        string[]? changed = null;
        for (var i = 0; i < keys.Count; i++)
        {
            if (Keys[i].Canonical(keys[i]) is not { } canonical)
            {
                faults.Add(Fault.Invalid($"The key '{Keys[i].Name}' of the entity '{Name}' is {FeatureType.NameOf(Keys[i].Type)}; '{StateKey.Shorten(keys[i])}' is not.", Keys[i].Name));
            }
            else if (!ReferenceEquals(canonical, keys[i]))
            {
                changed ??= [.. keys];
                changed[i] = canonical;
            }
        }

        return changed ?? keys;
    }

    public bool Equals(Entity? other) => other is not null && Name == other.Name && Keys.SequenceEqual(other.Keys) && Description == other.Description;

    public override int GetHashCode() => HashCode.Combine(Name, Keys.Count);
}
