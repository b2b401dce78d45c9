using FeatureStore.Model;

namespace FeatureStore.Dapr;

/// <summary>A row on its way into the online store.</summary>
internal sealed class PendingRow(IncomingRow row, bool waits)
    : TaskCompletionSource<WriteOutcome>(TaskCreationOptions.RunContinuationsAsynchronously)
{
    public IncomingRow Row { get; } = row;

    /// <summary>Whether it waits while what is stored is about to expire, or else fails then.</summary>
    public bool Waits { get; } = waits;

    /// <summary>The row's stamp, once it is fixed; it stays the same however often the row is merged.</summary>
    public Stamp? Stamp { get; set; }

    /// <summary>Whether history was told of it, with its stamp.</summary>
    public bool IsLogged { get; set; }

    /// <summary>Whether the row won over something when it was last merged.</summary>
    public bool Applied { get; set; }

    public void Acknowledge() => TrySetResult(new WriteOutcome(Applied, Stamp!.Value));
}
