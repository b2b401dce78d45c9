namespace FeatureStore.Faults.Checking;

/// <summary>What a read has to show.</summary>
/// <param name="State">What it must show, or what beats it.</param>
/// <param name="Stored">All that was acknowledged as stored when it began.</param>
internal readonly record struct Expected(NaiveState State, NaiveState Stored);
