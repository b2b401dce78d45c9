namespace FeatureStore.Model;

/// <summary>What is done to something that is declared.</summary>
public enum ChangeKind
{
    Added,
    Changed,
    Removed,
}

/// <summary>One difference between two registries.</summary>
/// <param name="Kind">What is done.</param>
/// <param name="What"><c>entity</c>, <c>view</c> or <c>service</c>.</param>
/// <param name="Name">Its name.</param>
/// <param name="Details">What changes in it, a line each.</param>
/// <param name="Refusals">Why it cannot be done, and what to do instead; none if it can.</param>
public sealed record RegistryChange(
    ChangeKind Kind, string What, string Name, IReadOnlyList<string> Details, IReadOnlyList<string> Refusals);
