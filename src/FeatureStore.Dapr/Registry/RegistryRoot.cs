using System.Text.Json;

namespace FeatureStore.Dapr;

/// <summary>
/// The document under <c>$registry</c>: small, changed by compare-and-swap, and naming the immutable documents that the rest
/// of the registry lies in.
/// </summary>
internal sealed record RegistryRoot
{
    /// <summary>The format that is written; a newer one is refused by name.</summary>
    public const int CurrentFormat = 1;

    public required int Format { get; init; }

    public required int Version { get; init; }

    /// <summary>RFC 3339.</summary>
    public required string AppliedAt { get; init; }

    /// <summary>The entities as they are declared.</summary>
    public required JsonElement Entities { get; init; }

    /// <summary>The state key of each view's document.</summary>
    public required SortedDictionary<string, string> Views { get; init; }

    /// <summary>The state key of each feature service's document.</summary>
    public required SortedDictionary<string, string> Services { get; init; }

    /// <summary>How often each feature service was changed, of removed ones too.</summary>
    public required IReadOnlyDictionary<string, int> ServiceVersions { get; init; }

    /// <summary>What is stored and declared no longer, by view.</summary>
    public required SortedDictionary<string, RetiredRoot> Retired { get; init; }
}

/// <summary>A view of which something is stored and declared no longer.</summary>
/// <param name="Entity">What it described; unknown in a root of before this was kept.</param>
/// <param name="Keys">Its join keys, each a name and a type.</param>
/// <param name="WasOpen">Whether it took features of any type.</param>
/// <param name="Features">The types of its removed features.</param>
internal sealed record RetiredRoot(
    IReadOnlyList<KeyValuePair<string, string>> Keys, bool WasOpen, SortedDictionary<string, string> Features, string? Entity = null);
