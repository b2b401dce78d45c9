namespace FeatureStore.Model;

/// <summary>What a person wants to know of something that is declared.</summary>
/// <param name="Text">What it is.</param>
/// <param name="Owner">Who answers for it.</param>
/// <param name="Tags">Free labels, by name.</param>
public sealed record Description(string? Text, string? Owner, IReadOnlyDictionary<string, string> Tags)
{
    public static Description None { get; } = new(null, null, new SortedDictionary<string, string>(StringComparer.Ordinal));

    public bool Equals(Description? other) => other is not null && Text == other.Text && Owner == other.Owner
        && Tags.Count == other.Tags.Count && Tags.All(tag => other.Tags.TryGetValue(tag.Key, out var value) && value == tag.Value);

    public override int GetHashCode() => HashCode.Combine(Text, Owner, Tags.Count);
}
