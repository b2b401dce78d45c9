using FeatureStore.Model;

namespace FeatureStore.Cli.Registry;

/// <summary>What became of a registry that was to be applied.</summary>
internal abstract record ApplyReply
{
    private ApplyReply()
    {
    }

    /// <summary>It is applied, or would be.</summary>
    /// <param name="Version">Its version.</param>
    /// <param name="Changes">What was done, a kind a change; none if it is what was applied already.</param>
    internal sealed record Applied(long Version, IReadOnlyList<ChangeKind> Changes) : ApplyReply;

    /// <summary>It has faults, or would misread stored data.</summary>
    internal sealed record Refused(IReadOnlyList<RegistryFault> Refusals) : ApplyReply;

    /// <summary>Another one was applied meanwhile.</summary>
    /// <param name="Version">The version that is applied now.</param>
    internal sealed record Outrun(long Version) : ApplyReply;
}
