using FeatureStore.Model;

namespace FeatureStore.Dapr;

/// <summary>How applying a registry ended.</summary>
public enum ApplyResult
{
    /// <summary>It is applied, or was what is applied already.</summary>
    Applied,

    /// <summary>It could be applied; nothing was changed.</summary>
    Planned,

    /// <summary>It would misread stored data; nothing was changed.</summary>
    Refused,

    /// <summary>Somebody else has applied another one meanwhile; nothing was changed.</summary>
    Overtaken,
}

/// <summary>What became of a registry that was to be applied.</summary>
/// <param name="Result">How it ended.</param>
/// <param name="Current">The registry that is applied now.</param>
/// <param name="Changes">What applying changed or would change; where somebody else was faster, what they changed as far as it is known.</param>
public sealed record ApplyOutcome(ApplyResult Result, AppliedRegistry Current, IReadOnlyList<RegistryChange> Changes);
