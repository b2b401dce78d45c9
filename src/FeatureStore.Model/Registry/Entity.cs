namespace FeatureStore.Model;

/// <summary>What features describe: <c>airport</c>, <c>aircraft</c>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Keys">Its join keys, at least one, in the order in which entity ids are given.</param>
/// <param name="Description">What a person wants to know of it.</param>
public sealed record Entity(string Name, IReadOnlyList<JoinKey> Keys, Description Description)
{
    public bool Equals(Entity? other) => other is not null && Name == other.Name && Keys.SequenceEqual(other.Keys) && Description == other.Description;

    public override int GetHashCode() => HashCode.Combine(Name, Keys.Count);
}
