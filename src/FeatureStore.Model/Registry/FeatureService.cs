namespace FeatureStore.Model;

/// <summary>A named list of features for one version of a model.</summary>
/// <param name="Name">Its name: <c>delay_model_v1</c>.</param>
/// <param name="Features">Its features, in the order in which the model takes them.</param>
/// <param name="Description">What a person wants to know of it.</param>
public sealed record FeatureService(string Name, IReadOnlyList<FeatureReference> Features, Description Description)
{
    public bool Equals(FeatureService? other) =>
        other is not null && Name == other.Name && Features.SequenceEqual(other.Features) && Description == other.Description;

    public override int GetHashCode() => HashCode.Combine(Name, Features.Count);
}
